import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ask, connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, test } from 'vitest';
import { startBackend, startReplier, startSocketBackend } from './support/backend.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const post = 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';

describe.each(forwarderNames)('connections to legacy through %s', (forwarder) => {
  test('are kept for reads where legacy keeps them, and a write gets one of its own', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end('ok'));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    for (let i = 0; i < 20; i++) expect((await ask(origin.port, get('/a'))).body).toBe('ok');
    expect(legacy.connections).toBe(1);
    expect((await ask(origin.port, post)).body).toBe('ok');
    expect(legacy.connections).toBe(2);
    expect((await ask(origin.port, get('/a'))).body).toBe('ok');
    expect(legacy.connections).toBe(2);
  });

  test('are closed where legacy closes them', async () => {
    const legacy = await startBackend((_incoming, outgoing) => {
      outgoing.setHeader('Connection', 'close').end('ok');
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    for (let i = 0; i < 5; i++) {
      client.write(get('/a'));
      const answer = await client.answer();
      expect([answer.body, answer.header('connection')]).toEqual(['ok', 'keep-alive']);
    }
    expect(legacy.connections).toBe(5);
  });

  test('are not kept for longer than they may be unused', async () => {
    const legacy = await startReplier(ok);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, idle: 50 });
    expect((await ask(origin.port, get('/a'))).body).toBe('ok');
    const socket = legacy.sockets[0] as Socket;
    if (!socket.closed) await once(socket, 'close');
    expect((await ask(origin.port, get('/a'))).body).toBe('ok');
    expect(legacy.sockets).toHaveLength(2);
  });

  test('that legacy closes just as a read goes out are replaced, and the read sent again', async () => {
    // The first request of each connection is answered, the second meets a closed one.
    const legacy = await startSocketBackend((socket, _soFar, _connection, piece) => {
      if ('used' in socket) socket.destroy();
      else if (piece.endsWith('\r\n\r\n')) Object.assign(socket, { used: true }).write(ok);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    for (const method of ['GET', 'GET', 'HEAD', 'OPTIONS', 'GET']) {
      const answer = await ask(origin.port, get('/a').replace('GET', method), { method });
      expect(answer.status).toBe(200);
    }
  });

  test('that are all stale at once cost no read an answer', async () => {
    const held: Socket[] = [];
    const legacy = await startSocketBackend((socket, _soFar, _connection, piece) => {
      if ('used' in socket) socket.destroy();
      else if (piece.endsWith('\r\n\r\n')) {
        Object.assign(socket, { used: true });
        held.push(socket);
        if (held.length >= 8) socket.write(ok);
        if (held.length === 8) for (const each of held.slice(0, 7)) each.write(ok);
      }
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    await Promise.all(Array.from({ length: 8 }, () => ask(origin.port, get('/a'))));
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(origin.port, get('/a'))));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
    'that break under a %s do not have it sent twice',
    async (method) => {
      let writes = 0;
      const legacy = await startSocketBackend((socket, _soFar, _connection, piece) => {
        if (piece.startsWith(method)) {
          writes++;
          socket.destroy();
        } else if (piece.endsWith('\r\n\r\n')) socket.write(ok);
      });
      const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
      expect((await ask(origin.port, get('/a'))).status).toBe(200);
      const answer = await ask(origin.port, `${method} /things HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([502, 'backend_failed']);
      expect(writes).toBe(1);
    },
  );

  test('that break under a read with a body do not have it sent twice', async () => {
    let reads = 0;
    const legacy = await startSocketBackend((socket, _soFar, _connection, piece) => {
      if (piece.startsWith('GET /b')) {
        reads++;
        socket.destroy();
      } else if (piece.endsWith('\r\n\r\n')) socket.write(ok);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    await ask(origin.port, get('/a'));
    const answer = await ask(origin.port, 'GET /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
    expect(answer.status).toBe(502);
    expect(reads).toBe(1);
  });

  test.each(['destroys', 'resets', 'ends'] as const)(
    'that legacy %s just as a write would go out cost no write an answer, and it is sent once',
    async (how) => {
      const seen: string[] = [];
      const legacy = await startSocketBackend((socket, _soFar, _connection, piece) => {
        if ('used' in socket) {
          if (how === 'ends') socket.end();
          else if (how === 'resets') socket.resetAndDestroy();
          else socket.destroy();
          return;
        }
        const [line] = /^[A-Z]+ \S+/.exec(piece) ?? [];
        if (line) seen.push(line);
        if (piece.endsWith('\r\n\r\n') || piece.endsWith('{}'))
          Object.assign(socket, { used: true }).write(ok);
      });
      const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
      const asked: string[] = [];
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])
        for (const end of ['\r\n', 'Content-Length: 2\r\n\r\n{}']) {
          expect((await ask(origin.port, get('/read'))).status).toBe(200);
          const answer = await ask(origin.port, `${method} /w HTTP/1.1\r\nHost: a\r\n${end}`);
          expect([method, end, answer.status]).toEqual([method, end, 200]);
          asked.push('GET /read', `${method} /w`);
        }
      expect(seen).toEqual(asked);
    },
  );

  test.each([
    ['a piece of an answer', 'HTTP/1.1 200 O'],
    ['what is no answer', 'so what\r\n\r\n'],
    ['a protocol that nobody asked for', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('that were used before and bring %s do not have the read sent twice', async (_what, bytes) => {
    let reads = 0;
    const legacy = await startSocketBackend((socket, _soFar, _connection, piece) => {
      if (piece.startsWith('GET /b')) {
        reads++;
        socket.end(bytes);
      } else if (piece.endsWith('\r\n\r\n')) socket.write(ok);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    await ask(origin.port, get('/a'));
    const answer = await ask(origin.port, get('/b'));
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([502, 'backend_failed']);
    expect([reads, legacy.sockets.length]).toEqual([1, 1]);
  });

  test('are not kept at all where the setting says so', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end('ok'));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, idle: 0 });
    for (let i = 0; i < 3; i++) expect((await ask(origin.port, get('/a'))).body).toBe('ok');
    expect(legacy.connections).toBe(3);
  });

  test.each([
    ['timeout=1', 2],
    ['max=100, timeout=1', 2],
    ['Timeout="1"', 2],
    ['timeout=5, max=0', 2],
    ['timeout=5, max=100', 1],
    ['max=100', 1],
  ])('are used again or not as legacy announces: Keep-Alive: %s', async (hint, connections) => {
    const legacy = await startReplier(ok.replace('\r\n\r\n', `\r\nKeep-Alive: ${hint}\r\n\r\n`));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    for (let i = 0; i < 2; i++) expect((await ask(origin.port, get('/a'))).body).toBe('ok');
    expect(legacy.sockets).toHaveLength(connections);
  });

  test('that are new and break at once are not tried again', async () => {
    const legacy = await startSocketBackend((socket) => socket.destroy());
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    expect((await ask(origin.port, get('/a'))).status).toBe(502);
    expect(legacy.sockets).toHaveLength(1);
  });
});

describe.each(forwarderNames)('connections of clients through %s', (forwarder) => {
  test('are kept for 75 s after an answer, and closed where the client says so', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end('ok'));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/a'));
    expect((await client.answer()).header('keep-alive')).toBe('timeout=75');
    client.write(get('/a', 'Connection: close\r\n'));
    expect((await client.answer()).header('connection')).toBe('close');
    await client.rest();
  });

  test('may carry requests one after the other without waiting: answered in their order, one at a time', async () => {
    const seen: string[] = [];
    let open = 0;
    let most = 0;
    const legacy = await startBackend((incoming, outgoing) => {
      most = Math.max(most, ++open);
      seen.push(`${incoming.method} ${incoming.url}`);
      incoming.resume().on('end', () =>
        setTimeout(() => {
          open--;
          outgoing.end(`${incoming.method} ${incoming.url}`);
        }, 5),
      );
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(
      get('/1') + post + get('/2') + post.replace('{}', '[]') + get('/3', 'Connection: close\r\n'),
    );
    const bodies = [];
    for (let i = 0; i < 5; i++) bodies.push((await client.answer()).body);
    expect(bodies).toEqual(['GET /1', 'POST /things', 'GET /2', 'POST /things', 'GET /3']);
    expect(seen).toEqual(bodies);
    expect(most).toBe(1);
  });

  test('may be of HTTP/1.0, kept or not', async () => {
    const legacy = await startBackend((_incoming, outgoing) => {
      outgoing.setHeader('Content-Length', 2).end('ok');
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const first = await client.answer();
    expect([first.body, first.header('connection')]).toEqual(['ok', 'keep-alive']);
    client.write('GET /a HTTP/1.0\r\n\r\n');
    const second = await client.answer();
    expect([second.body, second.header('connection')]).toEqual(['ok', 'close']);
    await client.rest();
  });

  test('are not upgraded to another protocol than WebSocket', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end('ok'));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const headers =
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n';
    expect((await ask(origin.port, get('/a', headers))).body).toBe('ok');
    expect(legacy.requests[0]?.headers.upgrade).toBeUndefined();
  });
});

test('an answer that is not whole yet comes before the refusal of bytes that follow its request', async () => {
  let finish = () => {};
  const legacy = await startBackend((_incoming, outgoing) => {
    outgoing.writeHead(200, { 'Content-Length': 5 }).write('he');
    finish = () => outgoing.end('llo');
  });
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(`${get('/a')}this is no request\r\n\r\n`);
  await client.until((text) => text.endsWith('he'));
  finish();
  expect((await client.answer()).body).toBe('hello');
  expect((await client.answer()).status).toBe(400);
  await client.rest();
});

test('bytes that are no request after requests that wait do not overtake their answers', async () => {
  const legacy = await startBackend((incoming, outgoing) => {
    setTimeout(() => outgoing.end(incoming.url), 20);
  });
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write(`${get('/1')}${get('/2')}this is no request\r\n\r\nnor this\r\n\r\n`);
  expect([(await client.answer()).body, (await client.answer()).body]).toEqual(['/1', '/2']);
  expect((await client.answer()).status).toBe(400);
  expect((await client.rest()).bytes).toBe('');
});

test('a chunk that is none ends the request, and the work for it', async () => {
  const legacy = await startBackend(() => undefined);
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  client.write('POST /things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  await eventually('legacy is asked', () => legacy.requests.length === 1);
  client.write('xyz\r\n');
  expect((await client.answer()).status).toBe(400);
  await eventually('legacy is rid of it', () => legacy.requests[0]?.destroyed ?? false);
  await client.rest();
});
