/** An application of notes behind a port of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
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
  const reason = status === 201 ? 'CREATED' : status < 400 ? 'OK' : 'ERROR';
  return { status, reason, rawHeaders, body };
};

/** As many frameworks do, and Flask does not. */
export const decoded = (body: Buffer, coding: string | undefined): string =>
  (coding === 'gzip' ? gunzipSync(body) : body).toString();

export function serve(app: NotesApp) {
  const date = () => new Date(Date.now() + app.ahead).toUTCString();
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const [, toVoid] = incoming.url?.split('/void/') ?? [];
      if (toVoid !== undefined) return void outgoing.end(app.makeVoid(toVoid));
      const asked = {
        method: incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? ''),
        target: incoming.url ?? '',
        body: decoded(Buffer.concat(chunks), incoming.headers['content-encoding']),
        headers: incoming.headers,
        operation: operationIn(incoming.headers[operationHeader]),
      };
      app.handle(asked).then(
        (said) => {
          const { reason, ...own } = answerOf(said);
          const sent = { ...own, ...app.sends?.(asked, own) };
          outgoing.writeHead(sent.status, reason, [
            ...sent.rawHeaders,
            'Date',
            date(),
            'Connection',
            'close',
          ]);
          const passing = app.passes?.(asked, own.body) ?? sent.body;
          // Node would keep the head back for the first piece of the body.
          if (passing instanceof Readable) outgoing.flushHeaders();
          if (passing instanceof Readable) pipeline(passing, outgoing, () => undefined);
          else outgoing.end(passing);
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
