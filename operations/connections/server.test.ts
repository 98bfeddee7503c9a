/** What a connection may still do after one of its requests was refused. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect, get } from '../testing/client.ts';
import { eventually } from '../testing/eventually.ts';
import { createServer, type Port } from './server.ts';

const said = Buffer.from('refused\n');
const answerTo = () => ({
  status: 400,
  reason: 'Bad Request',
  rawHeaders: ['Content-Length', String(said.byteLength)],
  body: said,
});

interface Scripted {
  port: number;
  server: Server;
  sockets: Socket[];
  /** What was dispatched, in order. */
  seen: string[];
  /** The answers that the test gives, by path. */
  open: Map<string, ServerResponse>;
}

/** A port that dispatches to the test: `/slow` waits for it, all else is answered with its path. */
async function startPort(port: Partial<Port> = {}): Promise<Scripted> {
  const seen: string[] = [];
  const open = new Map<string, ServerResponse>();
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method, url = '' } = incoming;
    seen.push(`${method} ${url}`);
    incoming.resume();
    if (url === '/slow') open.set(url, outgoing);
    // A request that turns out to be bad has no answer yet.
    else if (url !== '/bad') outgoing.end(url);
  };
  const server = createServer({ handle, answerTo, ...port });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, sockets, seen, open };
}

const removal = 'DELETE /removed HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (headers: string, body = '') => `POST /bad HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;

/** Requests that are refused; what follows them in the segment is a request of its own, or looks like one. */
const bad: [what: string, bytes: string][] = [
  ['two hosts and a body', post('Host: b\r\nContent-Length: 2\r\n', '{}')],
  ['two hosts without a body', get('/bad', 'Host: b\r\n')],
  ['no host', 'POST /bad HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}'],
  ['TE: identity, chunked', post('Transfer-Encoding: identity, chunked\r\n', '2\r\n{}\r\n0\r\n\r\n')],
  [
    'two encodings',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n'),
  ],
  [
    'chunks in HTTP/1.0',
    post('Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n', '2\r\n{}\r\n0\r\n\r\n').replace(
      '1.1',
      '1.0',
    ),
  ],
  ['a length and an encoding', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['two lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}')],
  ['a chunk that is none', post('Transfer-Encoding: chunked\r\n', 'xyz\r\n')],
  ['a head that is too long', get('/bad', `X-A: ${'a'.repeat(20_000)}\r\n`)],
  ['too many headers', get('/bad', 'X-A: a\r\n'.repeat(1100))],
  ['a version of HTTP that is none', get('/bad').replace('1.1', '1.2')],
  ['version 2', get('/bad').replace('1.1', '2.0')],
  ['an unknown method', get('/bad').replace('GET', 'GTE')],
  ['no request at all', '\x16\x03\x01\x02\r\n\r\n'],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['what the port refuses', post('Content-Length: 2\r\n', '{}').replace('/bad', '/forbidden')],
  ['two hosts that expect 100', post('Host: b\r\nExpect: 100-continue\r\nContent-Length: 2\r\n', '{}')],
  ['two hosts that expect anything', post('Host: b\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n', '{}')],
  ['two hosts that would be upgraded', get('/bad', 'Host: b\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n')],
];

const forbidding: Partial<Port> = {
  faultOf: ({ url }) =>
    url === '/forbidden' ? { code: 'malformed_request', reason: 'it is forbidden' } : undefined,
};

test.each(bad)(
  'after %s nothing more of its segment is dispatched, and the connection ends',
  async (_what, bytes) => {
    const { port, seen } = await startPort(forbidding);
    const client = await connect(port);
    client.write(bytes + removal + removal);
    const answer = await client.answer();
    expect([answer.status, answer.header('connection'), answer.body]).toEqual([400, 'close', 'refused\n']);
    expect(await client.rest()).toEqual({ bytes: '', reset: false });
    expect(seen.filter((line) => !line.includes('/bad'))).toEqual([]);
  },
);

test.each(bad)('after %s nothing of a later segment is dispatched', async (_what, bytes) => {
  const { port, seen } = await startPort(forbidding);
  const client = await connect(port);
  client.write(bytes);
  expect((await client.answer()).status).toBe(400);
  client.write(removal);
  expect((await client.rest()).bytes).toBe('');
  expect(seen.filter((line) => !line.includes('/bad'))).toEqual([]);
});

test.each(bad)('%s behind requests under way is answered after them', async (_what, bytes) => {
  const { port, seen, open } = await startPort(forbidding);
  const client = await connect(port);
  client.write(get('/slow') + get('/then') + bytes + removal);
  await eventually('the first is dispatched', () => open.size === 1);
  expect(client.pending).toBe('');
  open.get('/slow')?.end('slow');
  expect((await client.answer()).body).toBe('slow');
  expect((await client.answer()).body).toBe('/then');
  expect((await client.answer()).status).toBe(400);
  expect((await client.rest()).bytes).toBe('');
  expect(seen.filter((line) => !line.includes('/bad'))).toEqual(['GET /slow', 'GET /then']);
});

test('a large answer before a tunnel is sent to its end', async () => {
  const { port, open } = await startPort();
  const client = await connect(port);
  client.write(`${get('/slow')}CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n`);
  await eventually('it is dispatched', () => open.size === 1);
  const outgoing = open.get('/slow') as ServerResponse;
  const piece = 'x'.repeat(100_000);
  outgoing.writeHead(200, { 'Content-Length': 20 * piece.length });
  for (let i = 0; i < 20; i++)
    if (!outgoing.write(piece)) await new Promise((resolve) => outgoing.once('drain', resolve));
  outgoing.end();
  expect((await client.answer()).body.length).toBe(20 * piece.length);
  expect((await client.answer()).status).toBe(400);
  await client.rest();
});

test('a client that goes on sending its body still reads why it was refused', async () => {
  const { port } = await startPort();
  const client = await connect(port);
  client.socket.allowHalfOpen = true;
  const piece = Buffer.alloc(100_000);
  client.write(post(`Host: b\r\nContent-Length: ${100 * piece.byteLength}\r\n`));
  for (let i = 0; i < 100; i++) await new Promise<unknown>((resolve) => client.socket.write(piece, resolve));
  expect((await client.answer()).status).toBe(400);
  client.socket.end();
  expect(await client.rest()).toEqual({ bytes: '', reset: false });
});

test('a client that is refused and never closes is closed', async () => {
  const { port, server } = await startPort();
  const client = await connect(port);
  client.socket.allowHalfOpen = true;
  client.write(post('Host: b\r\nContent-Length: 100\r\n', 'x'));
  expect((await client.answer()).status).toBe(400);
  await eventually(
    'the server is rid of it',
    () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count === 0))),
  );
  client.socket.destroy();
});

const upgrade =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n';
const put = `PUT /put HTTP/1.1\r\nHost: a\r\nContent-Length: ${removal.length}\r\n\r\n`;

test.each([
  ['of HTTP/2', upgrade],
  ['of a WebSocket', 'Connection: upgrade\r\nUpgrade: websocket\r\n'],
  ['in capitals', 'CONNECTION: UPGRADE\r\nUPGRADE: H2C\r\n'],
  ['in two headers', 'Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n'],
  ['to TLS', 'Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n'],
])('an ignored upgrade %s is the last request of its connection', async (_what, headers) => {
  const { port, seen, open, sockets } = await startPort();
  const client = await connect(port);
  client.write(get('/slow', headers) + put);
  await eventually('the first is dispatched', () => seen.length === 1);
  // Node's parser has dropped the head that this is the body of.
  client.write(removal);
  client.write('no request at all\r\n\r\n');
  await eventually('all is read', () => sockets[0]?.bytesRead === client.socket.bytesWritten);
  open.get('/slow')?.end('slow');
  const answer = await client.answer();
  expect([answer.body, answer.header('connection')]).toEqual(['slow', 'close']);
  expect(await client.rest()).toEqual({ bytes: '', reset: false });
  expect(seen).toEqual(['GET /slow']);
});

test('an ignored upgrade with a body is read to its end, and is the last request', async () => {
  const { port, seen } = await startPort();
  const client = await connect(port);
  client.write(`POST /thing HTTP/1.1\r\nHost: a\r\n${upgrade}Content-Length: 4\r\n\r\nbo`);
  client.write(`dy${removal}`);
  const answer = await client.answer();
  expect([answer.body, answer.header('connection')]).toEqual(['/thing', 'close']);
  expect((await client.rest()).bytes).toBe('');
  expect(seen).toEqual(['POST /thing']);
});

test.each([
  ['an Upgrade that Connection does not name', 'Upgrade: h2c\r\n'],
  ['an Upgrade to nothing', 'Connection: upgrade\r\nUpgrade:\r\n'],
  ['a Connection that names no Upgrade', 'Connection: upgrade\r\n'],
  ['a header that only looks like it', 'Connection: X-Upgrade\r\nX-Upgrade: h2c\r\n'],
])('%s leaves the connection as it is', async (_what, headers) => {
  const { port, seen } = await startPort();
  const client = await connect(port);
  client.write(get('/one', headers) + get('/two'));
  expect([(await client.answer()).body, (await client.answer()).body]).toEqual(['/one', '/two']);
  client.write(get('/three'));
  expect((await client.answer()).body).toBe('/three');
  expect(seen).toEqual(['GET /one', 'GET /two', 'GET /three']);
  client.socket.destroy();
});

test('requests behind the last answer of a connection are not dispatched', async () => {
  const seen: string[] = [];
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    incoming.resume();
    outgoing.writeHead(200, { Connection: 'close', 'Content-Length': 2 }).end('ok');
  };
  const { port } = await startPort({ handle });
  const client = await connect(port);
  client.write(`POST /last HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}${removal}${removal}`);
  expect((await client.answer()).body).toBe('ok');
  expect(await client.rest()).toEqual({ bytes: '', reset: false });
  expect(seen).toEqual(['POST /last']);
});

test('an Expect that is not known is ignored, and 100-continue is answered in its turn', async () => {
  const { port, open } = await startPort();
  const client = await connect(port);
  const expecting = (what: string) =>
    `PUT /put HTTP/1.1\r\nHost: a\r\nExpect: ${what}\r\nContent-Length: 0\r\n\r\n`;
  client.write(get('/slow') + expecting('100-continue') + expecting('miracles'));
  await eventually('the first is dispatched', () => open.size === 1);
  expect(client.pending).toBe('');
  open.get('/slow')?.end('slow');
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push((await client.answer()).status);
  expect(answers).toEqual([200, 100, 200, 200]);
  client.socket.destroy();
});
