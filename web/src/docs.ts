// The page at /docs: /openapi.json to read, and every request to try.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';
import './docs.css';
import { fetchForAWhile } from './stream_preview';

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

SwaggerUI({
  domNode: document.getElementById('docs'),
  url: 'openapi.json',
  // Another host would check the document, and hear of it.
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => ({ ...request, userFetch: fetchForAWhile }),
  // There is one server, this one: nothing to choose.
  plugins: [() => ({ wrapComponents: { ServersContainer: () => () => null } })],
});
