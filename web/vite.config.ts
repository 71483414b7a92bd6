import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The binary carries each file once, compressed, and hands it out as it is to whoever takes gzip. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle(options, bundle) {
      for (const name of Object.keys(bundle)) {
        const path = join(options.dir ?? '', name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION }));
        rmSync(path);
      }
    },
  };
}

export default defineConfig({
  plugins: [compressed()],
  // Relative addresses: a proxy may serve the pages below any path.
  base: './',
  build: {
    outDir: '../build/web',
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: ['index.html', 'docs.html'] },
    // Swagger UI, on the page at /docs alone.
    chunkSizeWarningLimit: 2000,
  },
  esbuild: { legalComments: 'eof' },
  // `npm run dev` shows the dashboard of a service that runs beside it.
  server: {
    proxy: Object.fromEntries(['/api', '/health', '/ready', '/metrics'].map((path) => [path, 'http://127.0.0.1:8080'])),
  },
  test: { include: ['tests/**/*.test.ts'] },
});
