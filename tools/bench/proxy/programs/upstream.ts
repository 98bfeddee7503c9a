/** The upstream in Node: the contents, and a sink that takes uploads slowly and says how many bytes came. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { contents, uploadRate } from '../contents.ts';
import { serve } from './serve-proxy.ts';

const answers = new Map(
  contents.map(({ path, type, body }) => [
    path,
    { body, headers: ['Content-Type', type, 'Content-Length', String(body.byteLength)] },
  ]),
);

serve((request, response) => {
  if (request.method === 'POST') {
    takeSlowly(request, response);
    return;
  }
  const answer = answers.get(request.url ?? '');
  response.writeHead(answer ? 200 : 404, answer?.headers ?? []).end(answer?.body);
});

function takeSlowly(request: IncomingMessage, response: ServerResponse): void {
  const start = performance.now();
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    const early = (bytes / uploadRate) * 1000 - (performance.now() - start);
    if (early < 1) return;
    request.pause();
    setTimeout(() => request.resume(), early);
  });
  request.on('end', () => response.end(JSON.stringify({ bytes })));
}
