import { randomBytes } from 'node:crypto';
import { ask, connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { expect, test } from 'vitest';
import type { RawData } from 'ws';
import { WebSocket, WebSocketServer } from 'ws';
import { startBackend, startReplier, startSocketBackend } from './support/backend.ts';
import { openOrigin } from './support/origin.ts';

const upgrade =
  'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

async function echoing() {
  const legacy = await startBackend((_incoming, outgoing) => outgoing.end('no WebSocket'));
  const sockets = new WebSocketServer({ server: legacy.server, handleProtocols: () => 'chat' });
  sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  return { legacy, sockets };
}

async function opened(url: string): Promise<WebSocket> {
  const client = new WebSocket(`${url.replace('http', 'ws')}/live?a=b`, ['chat'], {
    headers: { 'X-Mine': '1' },
  });
  await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
  return client;
}

const next = (client: WebSocket) =>
  new Promise<RawData>((resolve) => client.once('message', (data) => resolve(data)));

test('a WebSocket is carried both ways, with its headers, large messages and the end', async () => {
  const { legacy, sockets } = await echoing();
  const origin = await openOrigin({ legacyUrl: legacy.url });
  let seen: Record<string, unknown> = {};
  sockets.on('connection', (_socket, incoming) => {
    seen = { url: incoming.url, ...incoming.headers };
  });
  const client = await opened(origin.url);
  expect(client.protocol).toBe('chat');
  client.send('hello');
  expect(String(await next(client))).toBe('hello');
  const large = randomBytes(3_000_000);
  client.send(large);
  expect(large.equals((await next(client)) as Buffer)).toBe(true);
  expect(seen).toMatchObject({
    url: '/live?a=b',
    host: new URL(origin.url).host,
    'x-mine': '1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': new URL(origin.url).host,
  });
  const closed = new Promise((resolve) =>
    client.once('close', (code, reason) => resolve([code, String(reason)])),
  );
  for (const socket of sockets.clients) socket.close(4001, 'enough');
  expect(await closed).toEqual([4001, 'enough']);
});

test('a WebSocket client that goes away is gone for legacy, and the other way', async () => {
  const { legacy, sockets } = await echoing();
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const one = await opened(origin.url);
  await eventually('legacy has it', () => sockets.clients.size === 1);
  one.terminate();
  await eventually('legacy is rid of it', () => sockets.clients.size === 0);
  const other = await opened(origin.url);
  const closed = new Promise((resolve) => other.once('close', resolve));
  for (const socket of sockets.clients) socket.terminate();
  await closed;
});

test('headers of an upgrade keep order and case in both directions', async () => {
  const legacy = await startSocketBackend((socket, soFar) => {
    if (soFar.endsWith('\r\n\r\n'))
      socket.write(
        'HTTP/1.1 101 Go On\r\nx-ONE: 1\r\nServer: x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\nConnection: Upgrade\r\n\r\nfirst',
      );
    else socket.write('more');
  });
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(
    get('/live', `x-LOWER: 1\r\n${upgrade}X-Banyan-A: 1\r\nX-Forwarded-For: 6.6.6.6\r\nX-Z: 2\r\n`),
  );
  await client.until((text) => text.endsWith('first'));
  expect(client.pending).toBe(
    'HTTP/1.1 101 Go On\r\nx-ONE: 1\r\nSec-WebSocket-Accept: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst',
  );
  expect(legacy.received[0]).toBe(
    'GET /live HTTP/1.1\r\nHost: example.test\r\nx-LOWER: 1\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'X-Z: 2\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: example.test\r\n' +
      'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  client.write('ping');
  await client.until((text) => text.endsWith('more'));
  client.socket.destroy();
});

test('bytes that follow an upgrade at once reach legacy once it has agreed', async () => {
  const legacy = await startSocketBackend((socket, soFar) => {
    if (soFar.endsWith('\r\n\r\n'))
      socket.write('HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    if (soFar.endsWith('early')) socket.end('got it');
  });
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(`${get('/live', upgrade)}early`);
  expect((await client.rest()).bytes).toMatch(/got it$/);
});

test('an answer instead of an upgrade reaches the client as any other', async () => {
  const legacy = await startReplier(
    'HTTP/1.1 404 NOT FOUND\r\nServer: Werkzeug\r\nDate: x\r\nx-ONE: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n',
  );
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(get('/live', upgrade));
  const answer = await client.answer();
  expect([answer.line, answer.headers, answer.body]).toEqual([
    'HTTP/1.1 404 NOT FOUND',
    [
      ['x-ONE', '1'],
      ['Connection', 'close'],
    ],
    'nope',
  ]);
  await client.rest();
});

test('a legacy that is dead, slow or breaks off is a 502 or 504 to an upgrade too', async () => {
  const silent = await startSocketBackend(() => undefined);
  const slow = await openOrigin({ legacyUrl: silent.url, longest: 100 });
  expect((await ask(slow.port, get('/live', upgrade))).status).toBe(504);
  await eventually('legacy is rid of it', () => silent.sockets[0]?.closed ?? false);
  const breaking = await startSocketBackend((socket) => socket.destroy());
  const broken = await openOrigin({ legacyUrl: breaking.url });
  expect((await ask(broken.port, get('/live', upgrade))).status).toBe(502);
  await breaking.stop();
  const answer = await ask(broken.port, get('/live', upgrade));
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([502, 'backend_unreachable']);
});

test.each([
  ['to another protocol', 'HTTP/1.1 101 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n'],
  ['to no protocol', 'HTTP/1.1 101 OK\r\n\r\n'],
  ['to a protocol that Connection does not name', 'HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n\r\n'],
])('a legacy that changes %s is a 502 to an upgrade', async (_what, bytes) => {
  const legacy = await startReplier(bytes);
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const answer = await ask(origin.port, get('/live', upgrade));
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
    502,
    { code: 'backend_failed', reason: 'it changed to a protocol that was not asked for' },
  ]);
  await eventually('legacy is rid of it', () => legacy.sockets[0]?.closed ?? false);
});

test('an upgrade after other requests of its connection gets a 502 where legacy fails', async () => {
  const legacy = await startSocketBackend((socket, soFar) => {
    if (soFar.includes('websocket')) socket.end('so what\r\n\r\n');
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(get('/first'));
  expect((await client.answer()).body).toBe('ok');
  client.write(get('/live', upgrade));
  const answer = await client.answer();
  expect([answer.status, answer.header('connection')]).toEqual([502, 'close']);
  expect(JSON.parse(answer.body).reason).toMatch(/HPE_INVALID_CONSTANT/);
  expect(await client.rest()).toEqual({ bytes: '', reset: false });
});

const instead = (framing: string, body: string) => `HTTP/1.1 200 OK\r\n${framing}\r\n${body}`;

test('an answer instead of an upgrade whose body is broken from the beginning is a 502', async () => {
  const legacy = await startReplier(instead('Transfer-Encoding: chunked\r\n', 'zz\r\n'));
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const answer = await ask(origin.port, get('/live', upgrade));
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([502, 'backend_failed']);
  expect(JSON.parse(answer.body).reason).toMatch(/HPE_INVALID_CHUNK_SIZE/);
});

test.each([
  ['a chunk that is none', 'Transfer-Encoding: chunked\r\n', '4\r\npart\r\n', 'zz\r\n'],
  ['an end in the middle of chunks', 'Transfer-Encoding: chunked\r\n', '4\r\npart\r\n', undefined],
  ['an end before its length', 'Content-Length: 100\r\n', 'part', undefined],
  ['a reset where there is no length', '', 'part', 'reset'],
])(
  'an answer instead of an upgrade that is broken by %s does not end as if it were whole',
  async (...[, framing, body, then]) => {
    const legacy = await startReplier(instead(framing, body));
    const origin = await openOrigin({ legacyUrl: legacy.url });
    const client = await connect(origin.port);
    client.write(get('/live', upgrade));
    await client.until((text) => text.includes('part'));
    const socket = legacy.sockets[0];
    if (then === 'reset') socket?.resetAndDestroy();
    else socket?.end(then ?? '');
    expect((await client.rest()).reset).toBe(true);
  },
);

test('an ignored upgrade is the last request of its connection, whatever follows it', async () => {
  const { legacy } = await echoing();
  const origin = await openOrigin({ legacyUrl: legacy.url, modes: { 'GET /things': 'new' } });
  const client = await connect(origin.port);
  const removal = 'DELETE /things/1 HTTP/1.1\r\nHost: a\r\n\r\n';
  client.write(
    `${get('/things', upgrade)}PUT /things/1/name HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n`,
  );
  const answer = await client.answer();
  expect([answer.body, answer.header('connection')]).toEqual(['answered by new\n', 'close']);
  client.write(removal);
  expect((await client.rest()).bytes).toBe('');
  expect((await ask(origin.port, get('/marker'))).status).toBe(200);
  expect(legacy.requests.map(({ url }) => url)).toEqual(['/marker']);
});

test('a client that goes away before legacy has answered its upgrade cancels it', async () => {
  const legacy = await startSocketBackend(() => undefined);
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(get('/live', upgrade));
  await eventually('legacy is asked', () => legacy.sockets.length === 1);
  client.socket.destroy();
  await eventually('legacy is rid of it', () => legacy.sockets[0]?.closed ?? false);
});

test.each([
  ['where another backend serves', get('/things', upgrade), 'answered by new\n'],
  ['with another method', get('/live', upgrade).replace('GET', 'POST'), 'no WebSocket'],
  ['to another protocol', get('/live', upgrade.replace('websocket', 'h2c')), 'no WebSocket'],
  ['with a body', get('/live', `${upgrade}Content-Length: 2\r\n`).concat('{}'), 'no WebSocket'],
])('an upgrade is ignored %s', async (_where, bytes, body) => {
  const { legacy } = await echoing();
  const origin = await openOrigin({ legacyUrl: legacy.url, modes: { 'GET /things': 'new' } });
  expect((await ask(origin.port, bytes)).body).toBe(body);
});

test('an upgrade of what is withheld, or that can be read in two ways, does not reach legacy', async () => {
  const { legacy } = await echoing();
  const gone = {
    status: 404,
    reason: 'Not Found',
    rawHeaders: ['Content-Length', '0'],
    body: Buffer.alloc(0),
  };
  const origin = await openOrigin({
    legacyUrl: legacy.url,
    application: { withheld: ({ target }) => (target === '/console' ? gone : undefined) },
  });
  expect((await ask(origin.port, get('/console', upgrade))).status).toBe(404);
  expect((await ask(origin.port, get('http://example.test/console', upgrade))).status).toBe(404);
  expect((await ask(origin.port, get('/live', `Host: other\r\n${upgrade}`))).status).toBe(400);
  expect((await ask(origin.port, get('http://other/live', upgrade))).status).toBe(400);
  expect(legacy.requests).toEqual([]);
});

test('an upgrade in absolute form reaches legacy in origin form', async () => {
  const { legacy, sockets } = await echoing();
  const origin = await openOrigin({ legacyUrl: legacy.url });
  let url: string | undefined;
  sockets.on('connection', (_socket, incoming) => {
    url = incoming.url;
  });
  const client = await connect(origin.port);
  client.write(get('http://example.test/live?x', `${upgrade}Sec-WebSocket-Protocol: chat\r\n`));
  await client.until((text) => text.startsWith('HTTP/1.1 101'));
  expect(url).toBe('/live?x');
  client.socket.destroy();
});

test('an upgrade behind a request that is not answered yet waits as a request does', async () => {
  const { legacy } = await echoing();
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(get('/first') + get('/live', upgrade));
  expect([(await client.answer()).body, (await client.answer()).body]).toEqual([
    'no WebSocket',
    'no WebSocket',
  ]);
  client.socket.destroy();
});
