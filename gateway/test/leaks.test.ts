/** What ten thousand requests, broken ones among them, and large bodies leave behind: nothing. */

import { connect, get } from '@banyan/operations/testing/client.ts';
import { describe, expect, test } from 'vitest';
import { startBackend } from './support/backend.ts';
import { startGatewayProcess } from './support/gateway-process.ts';
import { forwarderNames } from './support/origin.ts';
import { chance } from './support/random.ts';

const MB = 1_000_000;

/** A legacy that answers well, late, never, or breaks off, as the target asks. */
const startMoody = () =>
  startBackend((incoming, outgoing) => {
    incoming.on('error', () => undefined).resume();
    if (incoming.url === '/never') return;
    if (incoming.url === '/break') outgoing.destroy();
    else if (incoming.url === '/half') outgoing.write('half', () => outgoing.destroy());
    else if (incoming.url === '/things/large') outgoing.end(Buffer.alloc(2 * MB));
    else outgoing.end(`ok ${incoming.url}`);
  });

/** One request after the other, on as few connections as its oddities leave open. */
async function work(port: number, seed: number, requests: number): Promise<void> {
  const random = chance(seed);
  let client = await connect(port);
  for (let i = 0; i < requests; i++) {
    // The first half goes well, on one connection: what is left on it at each request piles up.
    const odd = i < requests / 2 ? 60 : random.below(60);
    if (odd === 0) {
      client.write(get('/things/large'));
      await client.until((text) => text.length > 1000);
      client.socket.destroy();
    } else if (odd === 1) {
      client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf');
      client.socket.destroy();
    } else if (odd === 2) {
      client.write(get(random.of(['/half', '/break'])));
      await client.answer().catch(() => undefined);
      client.socket.destroy();
    } else if (odd === 3) {
      client.write('nonsense\r\n\r\n');
      await client.rest();
    } else if (odd === 4) {
      client.write(get('/never'));
      expect((await client.answer()).status).toBe(504);
    } else if (random.once(3)) {
      client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
      expect((await client.answer()).body).toBe('ok /things');
    } else {
      client.write(get(`/things/${i}`));
      expect((await client.answer()).body).toBe(`ok /things/${i}`);
    }
    if (client.socket.destroyed) client = await connect(port);
  }
  client.socket.destroy();
}

describe.each(forwarderNames)('through %s', (forwarder) => {
  test('10,000 requests, broken ones among them, leave no timer, socket, listener or warning', async () => {
    const legacy = await startMoody();
    const gateway = await startGatewayProcess({ legacyUrl: legacy.url, forwarder, elsewhere: 100 });
    await Promise.all(Array.from({ length: 16 }, (_, i) => work(gateway.port, i, 625)));
    const started = performance.now();
    expect(await gateway.end()).toEqual({ code: 0, printed: '' });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(await connectionsOf(legacy.server)).toBe(0);
  }, 60_000);

  test('ten uploads of 50 MB at once take no more than 20 MB, and arrive', async () => {
    let received = 0;
    const legacy = await startBackend((incoming, outgoing) => {
      incoming.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      incoming.on('end', () => outgoing.end('thanks'));
    });
    const gateway = await startGatewayProcess({ legacyUrl: legacy.url, forwarder });
    const upload = async (size: number) => {
      const client = await connect(gateway.port);
      client.write(`POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
      const chunk = Buffer.alloc(MB / 4);
      for (let left = size; left > 0; left -= chunk.length)
        await new Promise((resolve) => client.socket.write(chunk.subarray(0, left), resolve));
      expect((await client.answer()).body).toBe('thanks');
      client.socket.destroy();
    };
    // A process that has never worked grows with its first requests, whatever they are.
    await Promise.all(Array.from({ length: 10 }, () => upload(2 * MB)));
    const before = await gateway.memory();
    received = 0;
    await Promise.all(Array.from({ length: 10 }, () => upload(50 * MB)));
    const after = await gateway.memory();
    expect(received).toBe(500 * MB);
    expect((after.peak - before.now) / MB).toBeLessThan(20);
  }, 60_000);

  test('ten downloads of 50 MB at once by slow readers are not kept in memory', async () => {
    const legacy = await startBackend((_incoming, outgoing) => {
      const chunk = Buffer.alloc(MB / 2);
      let left = 100;
      const pour = () => {
        while (left-- > 0) if (!outgoing.write(chunk)) return outgoing.once('drain', pour);
        return outgoing.end();
      };
      pour();
    });
    const gateway = await startGatewayProcess({ legacyUrl: legacy.url, forwarder });
    const download = async (most: number) => {
      const client = await connect(gateway.port);
      let length = 0;
      client.socket.removeAllListeners('data');
      client.write(get('/things', 'Connection: close\r\n'));
      await new Promise<void>((resolve) => {
        client.socket.on('data', (text) => {
          length += text.length;
          if (length >= most) return resolve();
          client.socket.pause();
          setTimeout(() => client.socket.resume(), 1);
        });
        client.socket.on('end', resolve);
      });
      client.socket.destroy();
      return length;
    };
    await Promise.all(Array.from({ length: 10 }, () => download(MB)));
    const before = await gateway.memory();
    const lengths = await Promise.all(Array.from({ length: 10 }, () => download(60 * MB)));
    const after = await gateway.memory();
    // Of 500 MB: what is there is garbage that is not collected yet, and buffers of the sockets.
    for (const length of lengths) expect(length).toBeGreaterThan(50 * MB);
    expect((after.peak - before.now) / MB).toBeLessThan(80);
  }, 60_000);
});

const connectionsOf = (server: {
  getConnections(done: (error: Error | null, count: number) => void): void;
}) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
