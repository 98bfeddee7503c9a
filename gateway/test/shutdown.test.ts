import type { ServerResponse } from 'node:http';
import { connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startBackend } from './support/backend.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

describe.each(forwarderNames)('stopping, with %s', (forwarder) => {
  test('finishes what is in flight, on the last answer of its connection, and takes nothing new', async () => {
    const held: ServerResponse[] = [];
    const legacy = await startBackend((_incoming, outgoing) => held.push(outgoing));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await eventually('legacy is asked', () => held.length === 1);
    const stopped = origin.close(5000);
    await expect(connect(origin.port)).rejects.toThrow('ECONNREFUSED');
    held[0]?.end('finished');
    const answer = await client.answer();
    expect([answer.body, answer.header('connection')]).toEqual(['finished', 'close']);
    await stopped;
  });

  test('ends a connection once an answer that had begun before is whole', async () => {
    const held: ServerResponse[] = [];
    const legacy = await startBackend((_incoming, outgoing) => {
      outgoing.write('begun, ');
      held.push(outgoing);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await client.until((text) => text.includes('begun'));
    const started = performance.now();
    const stopped = origin.close(20_000);
    held[0]?.end('finished');
    expect((await client.answer()).body).toBe('begun, finished');
    await stopped;
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test('ends unused connections at once, those too that never said anything', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end('ok'));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const used = await connect(origin.port);
    used.write(get('/things'));
    await used.answer();
    const silent = await connect(origin.port);
    const started = performance.now();
    await origin.close(20_000);
    expect(performance.now() - started).toBeLessThan(1000);
    await Promise.all([used.rest(), silent.rest()]);
  });

  test('waits no longer than it may, and then cancels the work', async () => {
    const legacy = await startBackend(() => undefined);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await eventually('legacy is asked', () => legacy.requests.length === 1);
    const started = performance.now();
    await origin.close(200);
    expect(performance.now() - started).toBeLessThan(2000);
    await client.rest();
    await eventually('legacy is rid of it', () => legacy.requests[0]?.destroyed ?? false);
  });

  test('keeps no connection to legacy', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end('ok'));
    const closed: boolean[] = [];
    legacy.server.on('connection', (socket) => socket.on('close', () => closed.push(true)));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, idle: 60_000 });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await client.answer();
    await origin.close();
    await eventually('the connection is closed', () => closed.length === 1);
  });
});

test('an open WebSocket does not keep it from stopping', async () => {
  const legacy = await startBackend(() => undefined);
  const sockets = new WebSocketServer({ server: legacy.server });
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = new WebSocket(`${origin.url.replace('http', 'ws')}/live`);
  await new Promise((resolve) => client.once('open', resolve));
  const gone = new Promise((resolve) => client.once('close', resolve));
  const started = performance.now();
  await origin.close(20_000);
  expect(performance.now() - started).toBeLessThan(1000);
  await gone;
  await eventually('legacy is rid of it', () => sockets.clients.size === 0);
});
