/** A reverse proxy that serves a service below a path of its host, and nothing else. */

import { createServer, request } from 'node:http';
import { once } from 'node:events';

/** `port`: the service's. `path`: like `/stats/`. */
export async function serveBelow(path, port) {
  const proxy = createServer((asked, answer) => {
    if (!asked.url.startsWith(path)) return answer.writeHead(404).end('not below the path');
    const headers = { ...asked.headers, host: `127.0.0.1:${port}` };
    const passed = request({ port, host: '127.0.0.1', path: `/${asked.url.slice(path.length)}`, method: asked.method, headers });
    passed.on('response', (given) => {
      answer.writeHead(given.statusCode, given.headers);
      given.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    return asked.pipe(passed);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${proxy.address().port}${path}`,
    close: () => {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
