/** undici's pool by its usual call. */
import { Pool } from 'undici';
import { serve, upstream } from './serve-proxy.ts';

const pool = new Pool(upstream().origin, { connections: 256 });

serve((request, response) => {
  const { method = 'GET', url: path = '/', rawHeaders: headers } = request;
  const body = method === 'GET' ? null : request;
  // With `raw` the headers are a list, which the types do not say.
  pool.request({ method, path, headers, body, responseHeaders: 'raw' }).then(
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers as unknown as string[]);
      answer.body.pipe(response);
    },
    () => response.destroy(),
  );
});
