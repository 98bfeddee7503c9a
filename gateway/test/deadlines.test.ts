import { createServer } from 'node:net';
import { ask, connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, test } from 'vitest';
import { inProcessBackend } from '../backends/in-process/in-process-backend.ts';
import { startBackend, startSocketBackend } from './support/backend.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address && typeof address === 'object' ? address.port : 0;
}

describe.each(forwarderNames)('through %s', (forwarder) => {
  test('a dead legacy is a 502 that says so, in JSON, with the headers that the application wants on errors', async () => {
    const origin = await openOrigin({
      legacyUrl: `http://127.0.0.1:${await deadPort()}`,
      forwarder,
      application: { errorHeaders: () => ['Access-Control-Allow-Origin', '*'] },
    });
    const answer = await ask(origin.port, get('/things'));
    expect(answer.line).toBe('HTTP/1.1 502 Bad Gateway');
    expect(answer.header('content-type')).toBe('application/json');
    expect(answer.header('access-control-allow-origin')).toBe('*');
    expect(JSON.parse(answer.body)).toEqual({
      error: 'The legacy backend cannot be reached.',
      code: 'backend_unreachable',
      backend: 'legacy',
    });
    expect(origin.log.at(-1)).toMatchObject({ status: 502, backend: 'legacy', fault: 'backend_unreachable' });
  });

  test('an upload to a dead legacy is a 502 too, and the connection stays usable', async () => {
    const origin = await openOrigin({ legacyUrl: `http://127.0.0.1:${await deadPort()}`, forwarder });
    const client = await connect(origin.port);
    for (let i = 0; i < 2; i++) {
      client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n');
      client.write('x'.repeat(300_000));
      expect((await client.answer()).status).toBe(502);
    }
  });

  test('a legacy that breaks off before it answers is a 502', async () => {
    const legacy = await startSocketBackend((socket) => socket.destroy());
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const answer = await ask(origin.port, get('/things'));
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([502, 'backend_failed']);
  });

  test('a slow legacy is a 504, and the work behind it is cancelled', async () => {
    const legacy = await startSocketBackend(() => undefined);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 100 });
    const started = performance.now();
    const answer = await ask(origin.port, get('/things'));
    expect(performance.now() - started).toBeGreaterThan(95);
    expect(answer.line).toBe('HTTP/1.1 504 Gateway Timeout');
    expect(JSON.parse(answer.body)).toEqual({
      error: 'The legacy backend did not answer within 100 ms.',
      code: 'backend_timeout',
      backend: 'legacy',
      deadline: 100,
    });
    await eventually('legacy is rid of it', () => legacy.sockets[0]?.closed ?? false);
    expect(legacy.sockets).toHaveLength(1);
  });

  test('the deadline is for the start of an answer, not for its end', async () => {
    const legacy = await startBackend((_incoming, outgoing) => {
      outgoing.write('be patient, ');
      setTimeout(() => outgoing.end('please'), 250);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 100 });
    expect((await ask(origin.port, get('/things'))).body).toBe('be patient, please');
  });

  test('an upload may take longer than the deadline while it goes on', async () => {
    const legacy = await startBackend((incoming, outgoing) => {
      incoming.resume().on('end', () => outgoing.end('thanks'));
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 150 });
    const client = await connect(origin.port);
    client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n');
    for (const piece of 'pieces') {
      client.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 75));
    }
    expect((await client.answer()).body).toBe('thanks');
  });

  test('an upload that stops is not blamed on legacy: 408, and legacy is rid of it', async () => {
    const legacy = await startBackend((incoming) => incoming.resume());
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 100 });
    const client = await connect(origin.port);
    client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nhal');
    const answer = await client.answer();
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([408, 'request_timeout']);
    await eventually('legacy is rid of it', () => legacy.requests[0]?.destroyed ?? false);
  });

  test('an upload that legacy does not read is a 504', async () => {
    const legacy = await startSocketBackend(() => undefined);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 300 });
    const client = await connect(origin.port);
    client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n');
    await eventually('legacy has it', () => legacy.sockets.length === 1);
    legacy.sockets[0]?.pause();
    client.write(Buffer.alloc(50_000_000));
    expect((await client.answer()).status).toBe(504);
  });

  test('a client that goes away while it waits cancels the work', async () => {
    const legacy = await startBackend(() => undefined);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await eventually('legacy is asked', () => legacy.requests.length === 1);
    client.socket.destroy();
    await eventually('legacy is rid of it', () => legacy.requests[0]?.destroyed ?? false);
    await origin.logged(({ fault }) => fault === 'client_gone');
  });

  test('a client that goes away in the middle of its upload cancels the work', async () => {
    const legacy = await startBackend((incoming) => incoming.on('error', () => undefined).resume());
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
    await eventually('legacy is asked', () => legacy.requests.length === 1);
    client.socket.destroy();
    await eventually('legacy is rid of it', () => legacy.requests[0]?.destroyed ?? false);
    expect(await origin.logged(({ fault }) => fault !== undefined)).toMatchObject({ fault: 'client_gone' });
  });

  test('a client that goes away in the middle of its download cancels the work', async () => {
    let closed = false;
    const legacy = await startBackend((_incoming, outgoing) => {
      outgoing.write('data: 1\n\n');
      outgoing.on('close', () => {
        closed = true;
      });
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await client.until((text) => text.includes('data: 1'));
    client.socket.destroy();
    await eventually('legacy is rid of it', () => closed);
    expect(await origin.logged(({ fault }) => fault !== undefined)).toMatchObject({ fault: 'client_gone' });
  });

  test('a client that resets its connection in the middle of a large download does no harm', async () => {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end(Buffer.alloc(20_000_000)));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const client = await connect(origin.port);
    client.write(get('/things'));
    await client.until((text) => text.length > 100_000);
    client.socket.resetAndDestroy();
    await origin.logged(({ fault }) => fault === 'client_gone');
    await eventually('legacy is rid of it', () => legacy.requests[0]?.destroyed ?? false);
  });
});

test('the new backend has a deadline as well, and is told to stop', async () => {
  const stopped = Promise.withResolvers<unknown>();
  const origin = await openOrigin({
    legacyUrl: 'http://127.0.0.1:9',
    longest: 100,
    modes: { 'GET /things': 'new' },
    newBackend: inProcessBackend('new', (_request, signal) => {
      signal.addEventListener('abort', () => stopped.resolve(signal.reason));
      return new Promise(() => undefined);
    }),
  });
  const answer = await ask(origin.port, get('/things'));
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    504,
    {
      error: 'The new backend did not answer within 100 ms.',
      code: 'backend_timeout',
      backend: 'new',
      deadline: 100,
    },
  ]);
  await stopped.promise;
});

test('the new backend is told to stop when the client goes away', async () => {
  const asked = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<unknown>();
  const origin = await openOrigin({
    legacyUrl: 'http://127.0.0.1:9',
    modes: { 'GET /things': 'new' },
    newBackend: inProcessBackend('new', (_request, signal) => {
      signal.addEventListener('abort', () => stopped.resolve(signal.reason));
      asked.resolve();
      return new Promise(() => undefined);
    }),
  });
  const client = await connect(origin.port);
  client.write(get('/things'));
  await asked.promise;
  client.socket.destroy();
  await stopped.promise;
  await origin.logged(({ fault }) => fault === 'client_gone');
});

test('a fault of the new backend is the 500 of the gateway, with the id that is in the log', async () => {
  const origin = await openOrigin({
    legacyUrl: 'http://127.0.0.1:9',
    modes: { 'POST /things': 'new' },
    newBackend: inProcessBackend('new', () => Promise.reject(new Error('a defect'))),
  });
  const client = await connect(origin.port);
  client.write('POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n');
  client.write('x'.repeat(500_000));
  const answer = await client.answer();
  const { request } = await origin.logged(({ fault }) => fault === 'gateway_fault');
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([500, { code: 'gateway_fault', request }]);
});
