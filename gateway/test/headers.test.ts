import { ask, connect, get } from '@banyan/operations/testing/client.ts';
import { describe, expect, test } from 'vitest';
import { startReplier, startSocketBackend } from './support/backend.ts';
import { type ForwarderName, forwarderNames, openOrigin } from './support/origin.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

/** What legacy got for a request: its head's lines, without the gateway's own at the end. */
async function received(forwarder: ForwarderName, request: string, trustedProxies: string[] = []) {
  const legacy = await startReplier(ok);
  const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, trustedProxies });
  const answer = await ask(origin.port, request);
  expect(answer.status, answer.body).toBe(200);
  const lines = (legacy.received[0] ?? '').split('\r\n\r\n')[0]?.split('\r\n') ?? [];
  return lines.filter((line) => line !== 'Connection: keep-alive');
}

const forwardedFor = [
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: example.test',
];

describe.each(forwarderNames)('headers on their way to legacy through %s', (forwarder) => {
  test('keep their order, their case and their bytes', async () => {
    const headers =
      'x-LOWER-upper: 1\r\nAccept: */*\r\nX-Latin: caf\xe9 \xff\r\naCCept-Language:  de,  en\r\n';
    expect(await received(forwarder, get('/a', headers))).toEqual([
      'GET /a HTTP/1.1',
      'Host: example.test',
      'x-LOWER-upper: 1',
      'Accept: */*',
      'X-Latin: caf\xe9 \xff',
      'aCCept-Language: de,  en',
      ...forwardedFor,
    ]);
  });

  test('are all there where a name is repeated, in the order of its values', async () => {
    const lines = await received(
      forwarder,
      get('/a', 'X-A: 1\r\nX-A: 2\r\nX-A: 1\r\nCookie: a=1\r\nCookie: b=2\r\n'),
    );
    expect(lines.filter((line) => line.startsWith('X-A'))).toEqual(['X-A: 1', 'X-A: 2', 'X-A: 1']);
    // Known difference of http-proxy-middleware: cookies become one header, as RFC 6265 5.4 allows.
    const cookies = forwarder === 'http' ? ['Cookie: a=1', 'Cookie: b=2'] : ['Cookie: a=1; b=2'];
    expect(lines.filter((line) => line.startsWith('Cookie'))).toEqual(cookies);
  });

  test.runIf(forwarder === 'http')('repeated ones stay where they were between the others', async () => {
    const lines = await received(forwarder, get('/a', 'X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n'));
    expect(lines.slice(2, 5)).toEqual(['X-A: 1', 'X-B: 2', 'X-A: 3']);
  });

  // Known difference of http-proxy-middleware: its header object has one place for a name.
  test.runIf(forwarder !== 'http')(
    'repeated ones move to the place of the first (known difference)',
    async () => {
      const lines = await received(forwarder, get('/a', 'X-A: 1\r\nX-B: 2\r\nX-A: 3\r\n'));
      expect(lines.slice(2, 5)).toEqual(['X-A: 1', 'X-A: 3', 'X-B: 2']);
    },
  );

  test('do not include those that speak of one connection', async () => {
    const lines = await received(
      forwarder,
      get(
        '/a',
        'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nProxy-Authorization: x\r\n' +
          'Proxy-Authenticate: x\r\nTE: trailers\r\nTrailer: X-T\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nX-Kept: 1\r\n',
      ),
    );
    expect(lines).toEqual(['GET /a HTTP/1.1', 'Host: example.test', 'X-Kept: 1', ...forwardedFor]);
  });

  test('do not include those that Connection names', async () => {
    const lines = await received(
      forwarder,
      get('/a', 'X-One: 1\r\nConnection: close, x-one ,X-TWO\r\nX-Two: 2\r\nX-Three: 3\r\n'),
    );
    expect(lines).toEqual(['GET /a HTTP/1.1', 'Host: example.test', 'X-Three: 3', ...forwardedFor]);
  });

  test('keep what Connection may not name: framing, host, type', async () => {
    const legacy = await startSocketBackend((socket, soFar) => {
      if (soFar.endsWith('{}')) socket.write(ok);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const answer = await ask(
      origin.port,
      'POST /things HTTP/1.1\r\nHost: example.test\r\nContent-Type: application/json\r\nContent-Length: 2\r\n' +
        'Connection: content-length, host, content-type, x-forwarded-for\r\n\r\n{}',
    );
    expect(answer.status).toBe(200);
    expect(legacy.received[0]).toMatch(/^POST \/things HTTP\/1.1\r\nHost: example.test\r\nContent-Type: app/);
    expect(legacy.received[0]).toMatch(/\r\ncontent-length: 2\r\n/i);
    expect(legacy.received[0]).toContain('\r\nX-Forwarded-For: 127.0.0.1\r\n');
  });

  test('do not include what a client says of itself, nor what is internal', async () => {
    const lines = await received(
      forwarder,
      get(
        '/a',
        'X-Forwarded-For: 6.6.6.6\r\nx-forwarded-host: evil\r\nX-FORWARDED-PROTO: https\r\nForwarded: for=6.6.6.6\r\n' +
          'X-Real-IP: 6.6.6.6\r\nX-Forwarded-Prefix: /evil\r\nX-Banyan-Operation: 1\r\nx-banyan-now: 1\r\n',
      ),
    );
    expect(lines).toEqual(['GET /a HTTP/1.1', 'Host: example.test', ...forwardedFor]);
  });

  test('do not include spellings with underscores of what is ours to say', async () => {
    const lines = await received(
      forwarder,
      get(
        '/a',
        'X_Forwarded_For: 6.6.6.6\r\nx_banyan_operation: 1\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n' +
          'X-Forwarded_Host: evil\r\nMy_Own: kept\r\n',
      ),
    );
    expect(lines).toEqual(['GET /a HTTP/1.1', 'Host: example.test', 'My_Own: kept', ...forwardedFor]);
  });

  test('keep what a trusted proxy says of the client, with the proxy added', async () => {
    const said =
      'X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.test\r\nX-Forwarded-Port: 443\r\n';
    expect(await received(forwarder, get('/a', said), ['127.0.0.0/8'])).toEqual([
      'GET /a HTTP/1.1',
      'Host: example.test',
      'X-Forwarded-Port: 443',
      'X-Forwarded-For: 9.9.9.9, 127.0.0.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: shop.test',
    ]);
    expect(await received(forwarder, get('/a', said), ['10.0.0.0/8', '::1'])).toEqual([
      'GET /a HTTP/1.1',
      'Host: example.test',
      ...forwardedFor,
    ]);
  });

  test.each(['EXAMPLE.test:80', 'a_b', '[::1]:8080', '127.1', 'caf\xe9', 'ex!ample', 'localhost:5'])(
    'say Host as the client did: %j',
    async (host) => {
      const lines = await received(forwarder, `GET /a HTTP/1.1\r\nhOsT: ${host}\r\nX-A: 1\r\n\r\n`);
      expect(lines.slice(0, 3)).toEqual(['GET /a HTTP/1.1', `hOsT: ${host}`, 'X-A: 1']);
    },
  );

  test('say an empty Host as the client did', async () => {
    const lines = await received(forwarder, 'GET /a HTTP/1.1\r\nHost:\r\nX-A: 1\r\n\r\n');
    // Known difference of http-proxy-middleware: Node takes an empty Host for none and names legacy itself.
    expect(lines[1]).toMatch(forwarder === 'http' ? /^Host: $/ : /^Host: 127\.0\.0\.1:\d+$/);
  });

  test('name legacy itself where an HTTP/1.0 client named no host', async () => {
    const legacy = await startReplier(ok);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const answer = await ask(origin.port, 'GET /a HTTP/1.0\r\nX-A: 1\r\n\r\n');
    expect(answer.status).toBe(200);
    expect(legacy.received[0]).toMatch(`GET /a HTTP/1.1\r\nHost: 127.0.0.1:${legacy.port}\r\nX-A: 1\r\n`);
  });

  test('reach it with strange names too', async () => {
    const lines = await received(forwarder, get('/a', '__proto__: 1\r\nconstructor: 2\r\n!#$%&: 3\r\n'));
    expect(lines.slice(2, 5)).toEqual(['__proto__: 1', 'constructor: 2', '!#$%&: 3']);
  });
});

describe.each(forwarderNames)('headers on their way to the client through %s', (forwarder) => {
  async function answered(bytes: string, request = get('/a'), method = 'GET') {
    const legacy = await startReplier(bytes, 'close');
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    return ask(origin.port, request, { method });
  }

  test('keep their order, their case, their bytes and their repetitions', async () => {
    const answer = await answered(
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nx-LOWER: \xe9\xff\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 2\r\nX-Z: 1\r\nX-A: 2\r\nX-Z: 3\r\n\r\nhi',
    );
    expect(answer.headers.slice(0, 7)).toEqual([
      ['Set-Cookie', 'a=1'],
      ['x-LOWER', '\xe9\xff'],
      ['Set-Cookie', 'b=2; Path=/'],
      ['Content-Length', '2'],
      ['X-Z', '1'],
      ['X-A', '2'],
      ['X-Z', '3'],
    ]);
    expect(answer.body).toBe('hi');
  });

  test('do not include those that speak of one connection, those that Connection names, Server and Date', async () => {
    const answer = await answered(
      'HTTP/1.1 200 OK\r\nServer: Werkzeug\r\nDate: yesterday\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\n' +
        'Proxy-Authenticate: Basic\r\nTrailer: X-T\r\nUpgrade: h2c\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n',
    );
    expect(answer.headers.map(([name]) => name)).toEqual([
      'X-Kept',
      'Content-Length',
      'Date',
      'Connection',
      'Keep-Alive',
    ]);
    expect(answer.header('date')).not.toBe('yesterday');
    expect(answer.header('connection')).toBe('keep-alive');
  });

  test('survive an offer of another protocol', async () => {
    const answer = await answered(
      'HTTP/1.1 200 OK\r\nConnection: Upgrade, close\r\nUpgrade: h2,h2c\r\nContent-Length: 2\r\n\r\nhi',
    );
    expect([answer.status, answer.body, answer.whole]).toEqual([200, 'hi', true]);
  });

  test.each(['OK', 'Oh Kay!', 'caf\xe9', ''])('come with the reason phrase as sent: %j', async (reason) => {
    const answer = await answered(`HTTP/1.1 200 ${reason}\r\nContent-Length: 0\r\n\r\n`);
    expect(answer.line).toBe(`HTTP/1.1 200 ${reason}`);
  });

  test.each([301, 302, 303, 307, 308])('redirects are not followed: %i', async (status) => {
    const answer = await answered(
      `HTTP/1.1 ${status} Moved\r\nLocation: http://example.test/elsewhere?a=b\r\nSet-Cookie: s=1\r\nContent-Length: 0\r\n\r\n`,
    );
    expect([answer.status, answer.header('location'), answer.header('set-cookie')]).toEqual([
      status,
      'http://example.test/elsewhere?a=b',
      's=1',
    ]);
  });

  test('an answer to HEAD keeps the length of what GET would say', async () => {
    const head = get('/a').replace('GET', 'HEAD');
    const answer = await answered('HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', head, 'HEAD');
    expect([answer.status, answer.header('content-length'), answer.body]).toEqual([200, '1234', '']);
  });

  test.each([
    'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 5\r\n\r\n',
  ])('an answer that has no body is whole without one: %j', async (bytes) => {
    const legacy = await startReplier(bytes);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    for (const _ of [1, 2]) {
      client.write(get('/a'));
      const answer = await client.answer();
      expect(`${answer.line}\r\n`).toBe(bytes.slice(0, answer.line.length + 2));
      expect(answer.header('transfer-encoding')).toBeUndefined();
    }
  });

  test('an interim answer is not taken for the answer', async () => {
    const answer = await answered(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    );
    expect([answer.status, answer.body]).toEqual([200, 'hi']);
  });

  test('an answer of HTTP/1.0, which ends with its connection, is whole', async () => {
    const answer = await answered('HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nall of it');
    expect([answer.status, answer.body, answer.whole]).toEqual([200, 'all of it', true]);
  });

  test.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!'],
    [
      'length and encoding',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n',
    ],
    [
      'another protocol, unasked',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    ],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n\x0bX-B: 2\r\nContent-Length: 0\r\n\r\n'],
    ['a control character in a header', 'HTTP/1.1 200 OK\r\nX-A: \x01\r\nContent-Length: 0\r\n\r\n'],
  ])('an answer that is no HTTP is a 502: %s', async (_what, bytes) => {
    const answer = await answered(bytes);
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'backend_failed', backend: 'legacy' });
  });

  test.runIf(forwarder === 'http')('may be as long as 64 KiB, and as many as there are', async () => {
    const many = Array.from({ length: 1500 }, (_, i) => `X-${i}: 1\r\n`).join('');
    const long = `Location: /${'a'.repeat(60_000)}\r\n`;
    const answer = await answered(`HTTP/1.1 308 R\r\n${many}${long}Content-Length: 0\r\n\r\n`);
    expect(answer.headers).toHaveLength(1500 + 2 + 3);
    expect(answer.header('location')).toHaveLength(60_001);
  });

  // Known difference of http-proxy-middleware: it has no way to say how much of an answer's head Node may read.
  test.runIf(forwarder !== 'http')('are a 502 beyond 16 KiB (known difference)', async () => {
    const answer = await answered(
      `HTTP/1.1 308 R\r\nLocation: /${'a'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(answer.status).toBe(502);
  });
});

test('a request whose head is as long as legacy takes it passes', async () => {
  const legacy = await startReplier(ok);
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const answer = await ask(origin.port, get(`/${'a'.repeat(30_000)}`, `Cookie: ${'c'.repeat(30_000)}\r\n`));
  expect(answer.status).toBe(200);
  expect(legacy.received[0]).toContain('c'.repeat(30_000));
});

test.each([
  ['long', `Cookie: ${'c'.repeat(70_000)}\r\n`],
  ['many', Array.from({ length: 1100 }, (_, i) => `X-${i}: 1\r\n`).join('')],
  ['many by far', 'X:\r\n'.repeat(12_000)],
])('headers that are too %s are refused with 431', async (_what, headers) => {
  const legacy = await startReplier(ok);
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const answer = await ask(origin.port, get('/a', headers));
  expect(answer.status).toBe(431);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'headers_too_large' });
  expect(legacy.received).toEqual([]);
});

test('the internal headers of a client do not reach the new backend either', async () => {
  const legacy = await startReplier(ok);
  const seen: (readonly string[])[] = [];
  const { inProcessBackend } = await import('../backends/in-process/in-process-backend.ts');
  const origin = await openOrigin({
    legacyUrl: legacy.url,
    modes: { 'GET /things': 'new' },
    newBackend: inProcessBackend('new', async ({ rawHeaders }) => {
      seen.push(rawHeaders);
      return { status: 200, reason: 'OK', rawHeaders: ['Content-Length', '0'], body: Buffer.alloc(0) };
    }),
  });
  await ask(origin.port, get('/things', 'X-Banyan-Operation: 1\r\nX-Forwarded-For: 6.6.6.6\r\nX-A: 1\r\n'));
  expect(seen).toEqual([
    [
      'Host',
      'example.test',
      'X-A',
      '1',
      'X-Forwarded-For',
      '127.0.0.1',
      'X-Forwarded-Proto',
      'http',
      'X-Forwarded-Host',
      'example.test',
    ],
  ]);
});
