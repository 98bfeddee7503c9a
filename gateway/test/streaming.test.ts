import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, test } from 'vitest';
import { startBackend, startReplier, startSocketBackend } from './support/backend.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

const post = (headers: string) => `POST /things HTTP/1.1\r\nHost: example.test\r\n${headers}\r\n`;

describe.each(forwarderNames)('a body on its way to legacy through %s', (forwarder) => {
  async function uploading(
    answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void = () => undefined,
  ) {
    const legacy = await startBackend(answer);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    return { legacy, origin, client: await connect(origin.port) };
  }

  test('is streamed: each piece arrives before the next is sent', async () => {
    let heard = '';
    const { client } = await uploading((incoming, outgoing) => {
      incoming.setEncoding('latin1').on('data', (text) => {
        heard += text;
      });
      incoming.on('end', () => outgoing.end(heard));
    });
    client.write(post('Content-Length: 9\r\n'));
    for (const piece of ['one', 'two', 'six']) {
      client.write(piece);
      await eventually(`${piece} arrives`, () => heard.endsWith(piece));
    }
    expect((await client.answer()).body).toBe('onetwosix');
  });

  test('comes after a head that does not wait for it', async () => {
    const { client, legacy } = await uploading();
    client.write(post('Content-Length: 9\r\n'));
    await eventually('the head arrives', () => legacy.requests.length === 1);
  });

  test('comes after a head whose bytes are as they were', async () => {
    const legacy = await startSocketBackend(() => undefined);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(post('X-Latin: caf\xe9 \xff\r\nContent-Length: 9\r\n'));
    await eventually('the head arrives', () => legacy.received[0]?.endsWith('\r\n\r\n') ?? false);
    expect(legacy.received[0]).toContain('\r\nX-Latin: caf\xe9 \xff\r\n');
  });

  test.each(['POST', 'PUT', 'DELETE', 'GET', 'OPTIONS', 'PATCH'])(
    'is framed when a %s comes in chunks',
    async (method) => {
      const legacy = await startSocketBackend((socket, soFar) => {
        if (soFar.endsWith('0\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
      const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
      const client = await connect(origin.port);
      client.write(
        `${method} /things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n`,
      );
      expect((await client.answer()).status).toBe(200);
      const [head = '', ...rest] = (legacy.received[0] ?? '').split('\r\n\r\n');
      expect(head).toMatch(/\r\ntransfer-encoding: chunked/i);
      expect(head).not.toMatch(/content-length/i);
      const pieces = rest.join('\r\n\r\n').split('\r\n');
      expect(pieces.filter((piece) => /^[a-e]+$/.test(piece)).join('')).toBe('abcde');
      expect(rest.join('')).not.toMatch(/ext|Trailer/);
    },
  );

  test.each(['DELETE', 'GET', 'OPTIONS', 'POST'])('keeps its length with a %s', async (method) => {
    const legacy = await startSocketBackend((socket, soFar) => {
      if (soFar.endsWith('hello')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(`${method} /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`);
    expect((await client.answer()).status).toBe(200);
    expect(legacy.received[0]?.match(/content-length|transfer-encoding/gi)).toHaveLength(1);
    expect(legacy.received[0]).toMatch(/\r\ncontent-length: 5\r\n/i);
    expect(legacy.received[0]).toMatch(/\r\n\r\nhello$/);
  });

  test('that is none stays none', async () => {
    const legacy = await startReplier('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'close');
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const client = await connect(origin.port);
      client.write(`${method} /things HTTP/1.1\r\nHost: a\r\n\r\n`);
      expect((await client.answer()).status).toBe(200);
    }
    const framing = legacy.received.map(
      (text) => /(?:content-length|transfer-encoding): .*/i.exec(text)?.[0],
    );
    // Known differences of http-proxy-middleware: a DELETE gets a length too, and the name is in lower case.
    const none = forwarder === 'http' ? 'Content-Length: 0' : 'content-length: 0';
    expect(framing).toEqual([undefined, none, none, forwarder === 'http' ? undefined : none]);
  });

  test('is asked for where the client waits to be asked (Expect: 100-continue)', async () => {
    const { client, legacy } = await uploading((incoming, outgoing) => {
      incoming.resume().on('end', () => outgoing.end('thanks'));
    });
    client.write(post('Content-Length: 5\r\nExpect: 100-continue\r\n'));
    expect((await client.answer()).status).toBe(100);
    client.write('hello');
    expect((await client.answer()).body).toBe('thanks');
    expect(legacy.requests[0]?.headers.expect).toBeUndefined();
  });

  test('an Expect that nobody knows is ignored', async () => {
    const { client } = await uploading((_incoming, outgoing) => outgoing.end('ok'));
    client.write(get('/things', 'Expect: the-unexpected\r\n'));
    expect((await client.answer()).body).toBe('ok');
  });

  test('does not keep back an answer that comes before its end, and both ends of the connection go on', async () => {
    const { client, legacy } = await uploading((incoming, outgoing) => {
      outgoing.writeHead(413, { 'Content-Length': 3 });
      outgoing.end('big');
      incoming.resume();
    });
    client.write(post('Content-Length: 200000\r\n'));
    client.write('x'.repeat(1000));
    expect((await client.answer()).body).toBe('big');
    client.write('x'.repeat(199_000));
    client.write(get('/things'));
    expect((await client.answer()).status).toBe(413);
    expect(legacy.requests).toHaveLength(2);
  });

  test('is read to its end where legacy answers, closes, and takes no more', async () => {
    const legacy = await startSocketBackend((socket, soFar) => {
      if (!soFar.includes('\r\n\r\n') || socket.writableEnded) return;
      socket.end('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig');
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(post('Content-Length: 5000000\r\n'));
    client.write('x'.repeat(1000));
    expect((await client.answer()).body).toBe('big');
    await new Promise((resolve) => client.socket.write('x'.repeat(4_999_000), resolve));
    client.write(get('/things'));
    expect((await client.answer()).status).toBe(413);
  });

  test('does not cost the client an answer that legacy gave to the head alone before it broke the connection', async () => {
    const legacy = await startSocketBackend((socket) => {
      if (socket.writableLength > 0 || socket.destroyed) return;
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig', () =>
        socket.destroy(),
      );
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    for (let i = 0; i < 20; i++) {
      client.write(post('Content-Length: 1000000\r\n'));
      client.write(Buffer.alloc(1_000_000));
      expect((await client.answer()).body).toBe('big');
    }
  });

  test('of bytes of every value arrives as it was', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
    const { client } = await uploading((incoming, outgoing) => {
      outgoing.writeHead(200, { 'Content-Length': bytes.length });
      incoming.pipe(outgoing);
    });
    client.write(post(`Content-Length: ${bytes.length}\r\n`));
    client.write(bytes);
    const answer = await client.answer();
    expect(Buffer.from(answer.body, 'latin1').equals(bytes)).toBe(true);
  });

  test('that a backend does not read is not read from the client either', async () => {
    const legacy = await startBackend((incoming) => incoming.pause());
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(post('Content-Length: 100000000\r\n'));
    const chunk = Buffer.alloc(1_000_000);
    let taken = 0;
    const pour = () => client.socket.write(chunk, () => taken++ < 100 && pour());
    pour();
    await eventually('the sockets are full', async () => {
      const before = taken;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return taken === before && taken > 0;
    });
    // What fills are the kernel's buffers of the two connections, some megabytes each.
    expect(taken).toBeLessThan(25);
  });
});

describe.each(forwarderNames)('a body on its way to the client through %s', (forwarder) => {
  async function streaming() {
    const answers: ServerResponse[] = [];
    const legacy = await startBackend((_incoming, outgoing) => answers.push(outgoing));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, idle: 50 });
    const client = await connect(origin.port);
    const opened = async (): Promise<ServerResponse> => {
      await eventually('legacy is asked', () => answers.length > 0);
      return answers.shift() as ServerResponse;
    };
    return { client, opened };
  }

  test('is streamed: the head and each piece arrive before the next is sent, as server-sent events need it', async () => {
    const { client, opened } = await streaming();
    client.write(get('/things', 'Accept: text/event-stream\r\n'));
    const events = await opened();
    events.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    await client.until((text) => text.includes('\r\n\r\n'));
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      events.write(event);
      await client.until((text) => text.includes(event));
    }
    events.end();
    expect((await client.answer()).body).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
  });

  test('comes after a head whose bytes are as they were', async () => {
    const legacy = await startReplier(
      'HTTP/1.1 200 caf\xe9\r\nX-Latin: caf\xe9 \xff\r\nContent-Length: 2\r\n\r\n',
    );
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await client.until((text) => text.endsWith('\r\n\r\n'));
    expect(client.pending).toMatch(/^HTTP\/1\.1 200 caf\xe9\r\nX-Latin: caf\xe9 \xff\r\n/);
  });

  test('may be silent for longer than an unused connection is kept, on one that was used before', async () => {
    const { client, opened } = await streaming();
    client.write(get('/things'));
    (await opened()).end('once');
    expect((await client.answer()).body).toBe('once');
    client.write(get('/things'));
    const events = await opened();
    events.write('data: 1\n\n');
    await client.until((text) => text.includes('data: 1'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    events.end('data: 2\n\n');
    expect((await client.answer()).body).toBe('data: 1\n\ndata: 2\n\n');
  });

  test('is chunked towards HTTP/1.1, and ends with the connection towards HTTP/1.0', async () => {
    const { client, opened } = await streaming();
    client.write('GET /things HTTP/1.0\r\n\r\n');
    const events = await opened();
    events.write('one ');
    events.end('two');
    const { bytes, reset } = await client.rest();
    expect(bytes).toMatch(/\r\n\r\none two$/);
    expect(bytes).not.toMatch(/transfer-encoding/i);
    expect(reset).toBe(false);
  });

  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n'],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nzz\r\n'],
  ])('that breaks off in the middle of %s breaks off for the client too', async (_what, bytes) => {
    const legacy = await startReplier(bytes, 'close');
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    const answer = await client.answer().catch(() => undefined);
    expect(answer?.whole ?? false).toBe(false);
    await client.rest();
    expect(await origin.logged((line) => line.fault !== undefined)).toMatchObject({
      fault: 'backend_failed',
      backend: 'legacy',
    });
  });

  test('that breaks off is reset towards HTTP/1.0, where an end would be the end of a whole one', async () => {
    const legacy = await startSocketBackend((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n');
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write('GET /things HTTP/1.0\r\nHost: a\r\n\r\n');
    await client.until((text) => text.includes('only this'));
    legacy.sockets[0]?.destroy();
    expect((await client.rest()).reset).toBe(true);
  });

  test('that the client is slow to read is not read from legacy either', async () => {
    let sent = 0;
    const legacy = await startBackend((_incoming, outgoing) => {
      const chunk = Buffer.alloc(1_000_000);
      const pour = () => outgoing.write(chunk, () => sent++ < 100 && pour());
      pour();
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.socket.pause();
    client.write(get('/things'));
    await eventually('the sockets are full', async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return sent === before && sent > 0;
    });
    expect(sent).toBeLessThan(25);
  });
});
