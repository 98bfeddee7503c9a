import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Har } from '../har.ts';
import { readRecording } from '../read-recording.ts';
import type { Recorder } from '../recorder.ts';
import type { ExchangeHead } from '../tap.ts';
import type { BacklogLimits } from './backlog.ts';
import { createThreadedRecorder } from './threaded-recorder.ts';

let root: string;
let folder: string;
let recorder: Recorder;

const make = (backlog?: BacklogLimits) =>
  createThreadedRecorder({
    folder,
    spool: join(root, 'spool'),
    clock: Date,
    log: { info() {}, error() {} },
    ...(backlog && { backlog }),
  });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'threaded-'));
  folder = join(root, 'recordings');
  recorder = make();
});
afterEach(async () => {
  await recorder.close();
  rmSync(root, { recursive: true, force: true });
});

const head = (over: Partial<ExchangeHead> = {}): ExchangeHead => ({
  method: 'POST',
  target: '/api/chats',
  httpVersion: '1.1',
  rawHeaders: ['Host', 'localhost:8080', 'Content-Type', 'application/json'],
  routeKey: 'POST /api/chats',
  ...over,
});

function exchange(body: Uint8Array): void {
  const tap = recorder.begin(head());
  for (let at = 0; at < body.length; at += 64 * 1024) tap.requestBody(body.subarray(at, at + 64 * 1024));
  tap.requestEnd();
  tap.response({ status: 200, reason: 'OK', rawHeaders: [], backend: 'legacy' });
  tap.responseBody(Buffer.from('[]'));
  tap.end();
}

const log = (name = 'one') => (JSON.parse(readFileSync(join(folder, `${name}.har`), 'utf8')) as Har).log;
const secret = ['gh', 'p_', 'aZ3bY7cX1dW9eV5fU2gT8hS4iR6jQ0kPlM1n'].join('');

it('records in a thread what the gateway sees, in its order, and tells how far it is', async () => {
  await recorder.start('one');
  exchange(Buffer.from(`{"a": "${secret}"}`));
  exchange(Buffer.from('{"b": 2}'));
  await eventually('both are recorded', () => recorder.status().exchanges === 2);
  expect(recorder.status()).toMatchObject({ state: 'recording', name: 'one', inFlight: 0, redacted: 1 });
  expect(await recorder.stop()).toMatchObject({ exchanges: 2, leftOut: 0 });
  const { exchanges } = await readRecording(join(folder, 'one.har'));
  expect(exchanges.map(({ body, start, end }) => [body?.length, start, end])).toEqual([
    [secret.length + 9, 0, 1],
    [8, 2, 3],
  ]);
  expect(readFileSync(join(folder, 'one.har'), 'utf8')).not.toContain(secret);
  expect(recorder.status()).toMatchObject({ state: 'idle', file: join(folder, 'one.har') });
});

it('waits for what is in flight, and names what did not end', async () => {
  await recorder.start('one');
  const late = recorder.begin(head());
  recorder.begin(head({ target: '/never' })).requestEnd();
  const stopped = recorder.stop({ grace: 500 });
  late.requestEnd();
  late.response({ status: 200, reason: 'OK', rawHeaders: [], backend: 'legacy' });
  late.end();
  expect(await stopped).toMatchObject({ exchanges: 1, leftOut: 1 });
  expect(log()._leftOut[0]?.reason).toBe('it was not over when the recording stopped');
});

it('refuses what the recorder in the same thread refuses, with the same errors', async () => {
  await expect(recorder.stop()).rejects.toMatchObject({ code: 'recording_none' });
  await expect(recorder.start('../x')).rejects.toMatchObject({ code: 'recording_name', status: 400 });
  await recorder.start('one');
  await expect(recorder.start('two')).rejects.toMatchObject({ code: 'recording_running' });
  await recorder.stop();
  await expect(recorder.start('one')).rejects.toMatchObject({ code: 'recording_exists', status: 409 });
});

it('gives up when the disk fails, and the exchange notices nothing', async () => {
  await recorder.start('one');
  rmSync(join(root, 'spool'), { recursive: true });
  writeFileSync(join(root, 'spool'), 'in the way');
  exchange(Buffer.concat([Buffer.from('{"a": "'), Buffer.alloc(300_000, 'a ')]));
  await eventually('it has given up', () => !recorder.active);
  expect(recorder.status()).toMatchObject({ state: 'idle', fault: expect.stringMatching(/ENOTDIR/) });
  await expect(recorder.stop()).rejects.toMatchObject({ code: 'recording_failed' });
  rmSync(join(root, 'spool'), { force: true });
  await recorder.start('two');
  await recorder.stop();
});

describe('traffic that the recorder cannot keep up with', () => {
  it('is left out, counted and named, and memory does not grow', async () => {
    recorder = make({ bytes: 1_000_000, messages: 50_000 });
    await recorder.start('one');
    exchange(Buffer.from('{"kept": 1}'));
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.alloc(100_000, 'password=x&');
    const taps = Array.from({ length: 20 }, () => recorder.begin(head()));
    // In one turn of the event loop: the thread can report nothing in between.
    for (let i = 0; i < 50; i += 1) for (const tap of taps) tap.requestBody(chunk);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
    for (const tap of taps) tap.end();
    expect(recorder.status()).toMatchObject({ dropped: 20 });
    expect(await recorder.stop()).toMatchObject({ exchanges: 1, leftOut: 20 });
    expect(recorder.status()).toMatchObject({ dropped: 20, leftOut: 20 });
    expect(log()._leftOut.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 20 }, () => 'the recorder could not keep up with the traffic'),
    );
  });

  it('is counted where not even its names find room', async () => {
    recorder = make({ bytes: 1_000_000, messages: 40 });
    await recorder.start('one');
    await eventually('the thread is idle', () => recorder.status().state === 'recording');
    for (let i = 0; i < 100; i += 1) exchange(Buffer.from('{}'));
    const { exchanges, leftOut } = await recorder.stop();
    expect(exchanges + leftOut).toBe(100);
    expect(leftOut).toBeGreaterThan(50);
    expect(log()._leftOut.at(-1)?.reason).toMatch(/further exchanges are not named/);
  });
});

it('lets the gateway answer while a body is redacted that takes long', async () => {
  await recorder.start('one');
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const delays = monitorEventLoopDelay({ resolution: 5 });
  let fields = '';
  for (let i = 0; fields.length < 400_000; i += 1) fields += `&token=${i}a${(i * 7919).toString(36)}zz`;
  exchange(Buffer.from(fields));
  delays.enable();
  const { port } = server.address() as AddressInfo;
  let answers = 0;
  for (; recorder.status().exchanges === 0; answers += 1)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  delays.disable();
  server.close();
  server.closeAllConnections();
  expect(answers).toBeGreaterThan(3);
  // The work takes hundreds of milliseconds in one piece; none of it is here. One delay may be another program's.
  expect(delays.percentile(90) / 1e6).toBeLessThan(200);
});
