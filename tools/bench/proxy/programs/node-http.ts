/** The shortest proxy that Node's own client makes: headers as they come, bodies piped. */
import { Agent, request as send } from 'node:http';
import { serve, upstream } from './serve-proxy.ts';

const { hostname, port } = upstream();
const agent = new Agent({ keepAlive: true });

serve((request, response) => {
  const { method, url: path, rawHeaders: headers } = request;
  const forwarded = send({ agent, hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    answer.pipe(response);
  });
  forwarded.on('error', () => response.destroy());
  request.pipe(forwarded);
});
