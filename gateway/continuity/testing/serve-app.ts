/** An application of notes behind a port of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { OperationHint } from '../../backends/backend.ts';
import { bytesOf, type NotesApp, type Said } from './notes-app.ts';

/** How a new application that is in another process is told of the operation, as JSON. */
export const operationHeader = 'x-test-operation';

const operationIn = (text: string | string[] | undefined): OperationHint | undefined =>
  typeof text === 'string' ? (JSON.parse(text) as OperationHint) : undefined;

export const answerOf = ({ status, json, text, headers = {} }: Said) => {
  const body = text === undefined ? bytesOf(json) : Buffer.from(text);
  const all = { 'Content-Type': 'application/json', 'Content-Length': String(body.length), ...headers };
  const rawHeaders = Object.entries(all).flat();
  return { status, reason: status === 201 ? 'CREATED' : status < 400 ? 'OK' : 'ERROR', rawHeaders, body };
};

export function serve(app: NotesApp) {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const [, toVoid] = incoming.url?.split('/void/') ?? [];
      if (toVoid !== undefined) return void outgoing.end(app.makeVoid(toVoid));
      const asked = {
        method: incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? ''),
        target: incoming.url ?? '',
        body: Buffer.concat(chunks).toString(),
        headers: incoming.headers,
        operation: operationIn(incoming.headers[operationHeader]),
      };
      app.handle(asked).then(
        (said) => {
          const { status, reason, rawHeaders, body } = answerOf(said);
          outgoing.writeHead(status, reason, [...rawHeaders, 'Connection', 'close']);
          const passing = app.passes?.(asked, body);
          if (passing) pipeline(passing, outgoing, () => undefined);
          else outgoing.end(body);
        },
        () => incoming.socket.resetAndDestroy(),
      );
    });
  });
  let port = 0;
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    async start() {
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      port = (server.address() as AddressInfo).port;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
