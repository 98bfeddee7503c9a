/** Each port of Banyan, and what it does with a connection whose client it can no longer follow. */

import { inProcessBackend } from '@banyan/gateway/backends/in-process/in-process-backend.ts';
import { startRelay } from '@banyan/gateway/relay/relay.ts';
import { asking } from '@banyan/gateway/relay/testing.ts';
import { startBackend } from '@banyan/gateway/test/support/backend.ts';
import { openConsole, shippedFlags } from '@banyan/gateway/test/support/console.ts';
import { flagFolder } from '@banyan/gateway/test/support/flag-folder.ts';
import { openOrigin } from '@banyan/gateway/test/support/origin.ts';
import { type Client, connect } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startNewBackend } from '../services/server.ts';
import { jsonAnswer } from '../services/wire/answers.ts';
import { startProbes } from '../tools/launch/worker-probes.ts';

interface Port {
  port: number;
  /** A request that has an effect. */
  effective: string;
  /** How often it was dispatched. */
  effects(): number;
}

const request = (line: string, headers = '', body = '') =>
  `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const portOf = (url: string) => Number(new URL(url).port);

const ports: Record<string, () => Promise<Port>> = {
  async 'the public origin, on the new backend'() {
    let effects = 0;
    const newBackend = inProcessBackend('new', async ({ method }) => {
      if (method === 'DELETE') effects++;
      return { status: 200, reason: 'OK', rawHeaders: ['Content-Length', '0'], body: Buffer.alloc(0) };
    });
    const modes = { 'DELETE /things/:id': 'new', 'GET /things': 'new' } as const;
    const { url } = await openOrigin({ legacyUrl: 'http://127.0.0.1:9', modes, newBackend });
    return { port: portOf(url), effective: request('DELETE /things/1'), effects: () => effects };
  },
  async 'the public origin, on legacy'() {
    const legacy = await startBackend((_incoming, outgoing) => outgoing.end());
    const { url } = await openOrigin({ legacyUrl: legacy.url });
    const effects = () => legacy.requests.filter(({ method }) => method === 'DELETE').length;
    return { port: portOf(url), effective: request('DELETE /things/1'), effects };
  },
  async 'the console'() {
    let effects = 0;
    const extension = new Hono().delete('/thing', (c) => {
      effects++;
      return c.text('gone');
    });
    const folder = flagFolder(shippedFlags);
    const store = await folder.open();
    const running = await openConsole(folder, store, { extensions: [extension] });
    onTestFinished(async () => {
      await running.close();
      await store.close();
    });
    const effective = request('DELETE /api/thing', `Authorization: Bearer ${running.token}\r\n`);
    return { port: portOf(running.url), effective, effects: () => effects };
  },
  async 'the relay'() {
    let effects = 0;
    const relay = await startRelay({
      host: '127.0.0.1',
      port: 0,
      model: { kind: 'stand-in' },
      log: { info: () => undefined, warn: () => undefined },
      onCall: () => {
        effects++;
      },
    });
    onTestFinished(() => relay.close());
    const line = 'POST /v1beta/models/m:generateContent';
    const headers = `X-Goog-Api-Key: ${relay.key}\r\nContent-Type: application/json\r\n`;
    const effective = request(line, headers, JSON.stringify(asking('Hello')));
    return { port: portOf(relay.url), effective, effects: () => effects };
  },
  async 'the new backend by itself'() {
    let effects = 0;
    const server = await startNewBackend({
      port: 0,
      backend: {
        implements: new Set(),
        open: () => Promise.reject(new Error('nothing is behind it')),
        async handle(asked) {
          if (asked.method === 'DELETE') effects++;
          return jsonAnswer(asked, 200, {}, 'pretty');
        },
        close: async () => undefined,
      },
    });
    onTestFinished(() => server.close());
    return { port: portOf(server.url), effective: request('DELETE /thing'), effects: () => effects };
  },
  async 'the probes of a worker'() {
    let effects = 0;
    const check = async () => {
      effects++;
    };
    const probes = await startProbes({ port: 0, check, metrics: async () => '' });
    onTestFinished(() => probes.close());
    return { port: probes.port, effective: request('GET /readyz'), effects: () => effects };
  },
};

/** Sends the request by itself: afterwards whatever was dispatched before it has had its effect. */
async function once({ port, effective }: Port): Promise<void> {
  const client = await connect(port);
  client.write(effective);
  expect((await client.answer()).status).toBe(200);
  client.socket.destroy();
}

const harmless = (headers: string) => `GET /things HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;

const bad: [what: string, bytes: string, status: number][] = [
  ['two hosts', request('POST /things', 'Host: b\r\n', '{}'), 400],
  ['no host', request('POST /things', '', '{}').replace(/Host: .*\r\n/, ''), 400],
  ['another version', harmless('').replace('1.1', '2.0'), 400],
  ['two encodings', harmless('Transfer-Encoding: identity, chunked\r\n').concat('0\r\n\r\n'), 400],
  ['a head that is too long', harmless(`X-A: ${'a'.repeat(70_000)}\r\n`), 431],
  ['no request at all', 'so what\r\n\r\n', 400],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 400],
];

describe.each(Object.entries(ports))('%s', (_name, start) => {
  test.each(bad)('refuses %s and dispatches nothing more of the connection', async (_what, bytes, status) => {
    const port = await start();
    const client = await connect(port.port);
    client.write(bytes + port.effective + port.effective);
    const answer = await client.answer();
    expect([answer.status, answer.header('connection')]).toEqual([status, 'close']);
    expect(await client.rest()).toEqual({ bytes: '', reset: false });
    await once(port);
    await eventually('the request by itself counts', () => port.effects() > 0);
    expect(port.effects()).toBe(1);
  });

  test('closes the connection after a request whose upgrade it ignores', async () => {
    const port = await start();
    const client: Client = await connect(port.port);
    // Node's parser drops the second head, with which its body would be a body.
    const upgrade = harmless('Connection: Upgrade\r\nUpgrade: h2c\r\n');
    client.write(`${upgrade}PUT /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`);
    client.write(port.effective);
    expect((await client.answer()).header('connection')).toBe('close');
    client.write(port.effective);
    expect(await client.rest()).toEqual({ bytes: '', reset: false });
    await once(port);
    await eventually('the request by itself counts', () => port.effects() > 0);
    expect(port.effects()).toBe(1);
  });
});
