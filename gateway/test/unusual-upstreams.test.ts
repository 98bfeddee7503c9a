/** A legacy that answers as no server should, or as few do. */
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type Answer, ask, connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startReplier, startSocketBackend } from './support/backend.ts';
import { authority, expired, valid } from './support/certificates.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const post = 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';

/** A backend that gives each request, also one with a body, the same bytes. */
const reply = (bytes: string) =>
  startSocketBackend((socket, _soFar, _connection, piece) => {
    if (piece.endsWith('\r\n\r\n') || piece.endsWith('{}')) socket.write(bytes);
  });

async function startTls(certificate: typeof valid, answer: RequestListener): Promise<string> {
  const server = createTlsServer({ ...certificate, keepAliveTimeout: 60_000 }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const startExpired = () => startTls(expired, (_incoming, outgoing) => outgoing.end('ok'));

/** Until the test is over. */
function trustTestAuthority(): void {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, authority]);
  onTestFinished(() => setDefaultCACertificates(before));
}

function expectFault(answer: Answer, reason: string | RegExp): void {
  const body = JSON.parse(answer.body) as Record<string, string>;
  expect([answer.status, body.code, body.backend]).toEqual([502, 'backend_failed', 'legacy']);
  expect(body.reason).toMatch(reason);
  expect(body.error).toBe(`The legacy backend gave no complete answer: ${body.reason}.`);
}

describe.each(forwarderNames)('through %s', (forwarder) => {
  test.each([
    ['with a protocol', 'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['without a protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['with a protocol that Connection does not name', 'HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n'],
    ['with a length and an answer behind it', `HTTP/1.1 101 X\r\nContent-Length: 0\r\n\r\n${ok}`],
    ['in HTTP/1.0', 'HTTP/1.0 101 X\r\n\r\n'],
  ])('a 101 that nobody asked for, %s, is a 502', async (_what, bytes) => {
    const legacy = await reply(bytes);
    const { port, logged } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    expectFault(await ask(port, get('/things')), 'it changed the protocol unasked');
    expectFault(await ask(port, post), 'it changed the protocol unasked');
    await logged((line) => line.reason === 'it changed the protocol unasked');
    await eventually('nothing is left open', () =>
      legacy.sockets.every(({ destroyed, closed }) => destroyed || closed),
    );
  });

  test.each([
    ['100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['103', 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 5\r\n\r\n'],
    ['199', 'HTTP/1.1 199 Whatever\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['many', 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'.repeat(200)],
  ])('an answer that %s comes before is the answer', async (_status, interim) => {
    const legacy = await reply(interim + ok);
    const { port } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const answers = [await ask(port, get('/things')), await ask(port, get('/things')), await ask(port, post)];
    expect(answers.map(({ status, body }) => [status, body])).toEqual(Array(3).fill([200, 'ok']));
  });

  test('a backend that has nothing but interim answers is late', async () => {
    const legacy = await reply('HTTP/1.1 102 Processing\r\n\r\n');
    const { port } = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 50 });
    expect((await ask(port, get('/things'))).status).toBe(504);
  });

  test.each([
    ['is not HTTP', 'so what\r\n\r\n', /^its answer is not valid HTTP \(HPE_INVALID_CONSTANT: /],
    ['has a header that is none', `HTTP/1.1 200 OK\r\nA B\r\n\r\n`, /\(HPE_INVALID_HEADER_TOKEN: /],
    [
      'has two lengths',
      ok.replace('Content', 'Content-Length: 3\r\nContent'),
      /\(HPE_UNEXPECTED_CONTENT_LENGTH: /,
    ],
    [
      'has no known status',
      'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n',
      /\(ERR_HTTP_INVALID_STATUS_CODE\)$/,
    ],
  ])('an answer that %s is a 502 that says so, without a byte of it', async (_what, bytes, reason) => {
    const legacy = await reply(bytes.replace('HTTP/1.1 200 OK', 'HTTP/1.1 200 SECRET'));
    const { port, logged } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const answer = await ask(port, get('/things'));
    expectFault(answer, reason);
    expect(answer.body).not.toContain('SECRET');
    expect((await logged((line) => line.reason !== undefined)).reason).toMatch(reason);
  });

  test('an answer whose body is broken from the beginning breaks the connection, and the log says why', async () => {
    const legacy = await reply('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
    const { port, logged } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(port);
    client.write(get('/things'));
    const { bytes, reset } = await client.rest();
    expect(reset || !bytes.endsWith('0\r\n\r\n')).toBe(true);
    expect((await logged((line) => line.reason !== undefined)).reason).toMatch(/HPE_INVALID_CHUNK_SIZE/);
  });

  test('a backend that closes before it answers is a 502 that says so', async () => {
    const legacy = await startSocketBackend((socket) => socket.end());
    const { port } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    expectFault(await ask(port, get('/things')), /^it closed the connection \(ECONNRESET\)$/);
  });

  test.each([
    ['whose authority is not known', undefined, /^its certificate .* \([A-Z_]+\)$/],
    ['that has expired', trustTestAuthority, /^its certificate has expired \(CERT_HAS_EXPIRED\)$/],
  ])('a certificate %s is a 502 that says so', async (_what, prepare, reason) => {
    prepare?.();
    const { port, logged } = await openOrigin({ legacyUrl: await startExpired(), forwarder });
    expectFault(await ask(port, get('/things')), reason);
    expect((await logged((line) => line.reason !== undefined)).reason).toMatch(reason);
  });

  test.each(['end', 'destroy'] as const)(
    'a legacy over TLS that closes (%s) just as the next request arrives costs none an answer',
    async (how) => {
      trustTestAuthority();
      const seen: string[] = [];
      const used = new WeakSet<object>();
      const legacyUrl = await startTls(valid, ({ method = '', socket }, outgoing) => {
        if (used.has(socket)) {
          socket[how]();
          return;
        }
        used.add(socket);
        seen.push(method);
        outgoing.end('ok');
      });
      const { port } = await openOrigin({ legacyUrl, forwarder });
      for (const bytes of [get('/a'), get('/a'), post, get('/a'), post])
        expect((await ask(port, bytes)).status).toBe(200);
      expect(seen).toEqual(['GET', 'GET', 'POST', 'GET', 'POST']);
    },
  );

  test('TLS to a port without it, and the other way round, is a 502 that says so', async () => {
    const speaking = await startSocketBackend((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const toPlain = await openOrigin({ legacyUrl: speaking.url.replace('http:', 'https:'), forwarder });
    expectFault(await ask(toPlain.port, get('/things')), /^TLS with it failed \([A-Z_]+: [a-z ]+\)$/);
    const toTls = await openOrigin({
      legacyUrl: (await startExpired()).replace('https:', 'http:'),
      forwarder,
    });
    expectFault(await ask(toTls.port, get('/things')), /^(?:its answer is not valid HTTP|it closed)/);
  });

  test('a body without a length whose connection is reset does not pass for whole', async () => {
    const legacy = await startReplier('HTTP/1.1 200 OK\r\n\r\na part');
    const { port } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    for (const version of ['1.1', '1.0']) {
      const client = await connect(port);
      client.write(get('/things').replace('1.1', version));
      await client.until((text) => text.includes('a part'));
      (legacy.sockets.at(-1) as Socket).resetAndDestroy();
      const { bytes, reset } = await client.rest();
      expect([version, reset || !bytes.endsWith('0\r\n\r\n')]).toEqual([version, true]);
      if (version === '1.0') expect(reset).toBe(true);
    }
  });

  test('trailers are left out, and what comes after them is the next answer', async () => {
    const trailed =
      'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n';
    const legacy = await reply(trailed);
    const { port } = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(port);
    for (let i = 0; i < 2; i++) {
      client.write(get('/things'));
      const answer = await client.answer();
      expect([answer.body, answer.header('trailer'), answer.header('x-sum')]).toEqual([
        'ok',
        undefined,
        undefined,
      ]);
      expect(client.pending).toBe('');
    }
    client.socket.destroy();
  });
});
