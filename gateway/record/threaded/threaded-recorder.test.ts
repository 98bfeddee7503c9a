import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecording } from '../../../contract-tests/har.ts';
import { eventually } from '../../test/support/eventually.ts';
import { LONGEST_DECODED } from '../encoded.ts';
import type { Har } from '../har.ts';
import type { ExchangeHead, Recorder } from '../recorder.ts';
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

function exchange(body: Uint8Array, answer: Uint8Array = Buffer.from('[]'), answerHeaders: string[] = []): void {
  const tap = recorder.begin(head());
  for (let at = 0; at < body.length; at += 64 * 1024) tap.requestBody(body.subarray(at, at + 64 * 1024));
  tap.requestEnd();
  tap.response({ status: 200, reason: 'OK', rawHeaders: answerHeaders, backend: 'legacy' });
  tap.responseBody(answer);
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
  rmSync(join(root, 'spool'));
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
  for (let i = 0; fields.length < 1_500_000; i += 1) fields += `&token=${i}a${(i * 7919).toString(36)}zz`;
  exchange(Buffer.from(fields));
  delays.enable();
  const { port } = server.address() as AddressInfo;
  let answers = 0;
  for (; recorder.status().exchanges === 0; answers += 1)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  delays.disable();
  server.close();
  server.closeAllConnections();
  expect(answers).toBeGreaterThan(5);
  // The work takes a second or more; none of it is here.
  expect(delays.max / 1e6).toBeLessThan(400);
});

describe('a body with a content encoding', () => {
  const text = JSON.stringify({ note: `it is ${secret}`, plain: 'x'.repeat(50) });
  it.each([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['deflate', deflateSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['br, gzip', gzipSync(brotliCompressSync(text))],
  ])('is searched, and written in it again: %s', async (encoding, bytes) => {
    await recorder.start('one');
    const sent = ['Content-Encoding', encoding, 'Content-Length', String(bytes.length)];
    exchange(Buffer.from('{}'), bytes, ['Content-Type', 'application/json', ...sent]);
    expect(await recorder.stop()).toMatchObject({ exchanges: 1 });
    const [recorded] = (await readRecording(join(folder, 'one.har'))).exchanges;
    const { body, rawHeaders } = recorded?.answer ?? { body: new Uint8Array(), rawHeaders: [] };
    expect(rawHeaders[rawHeaders.indexOf('Content-Length') + 1]).toBe(String(body.length));
    if (encoding !== 'gzip') return;
    const plain = gunzipSync(body).toString();
    expect(plain).not.toContain(secret);
    expect(plain).toHaveLength(text.length);
    expect(JSON.parse(plain).plain).toBe('x'.repeat(50));
  });

  it('stays as it was where no secret is in it', async () => {
    const bytes = gzipSync('{"plain": 1}', { level: 1 });
    await recorder.start('one');
    exchange(Buffer.from('{}'), bytes, ['Content-Encoding', 'gzip']);
    await recorder.stop();
    const [recorded] = (await readRecording(join(folder, 'one.har'))).exchanges;
    expect(Buffer.from(recorded?.answer.body ?? '').equals(bytes)).toBe(true);
  });

  it.each([
    ['is not what its header says', Buffer.from(secret), 'gzip', 'not gzip'],
    ['is in an encoding that nobody knows', Buffer.from(secret), 'x-secret', 'cannot be read'],
    ['would fill the memory', gzipSync(Buffer.alloc(LONGEST_DECODED + 1)), 'gzip', '16 MiB'],
  ])('that %s is left out', async (_, bytes, encoding, reason) => {
    await recorder.start('one');
    exchange(Buffer.from('{}'), bytes, ['Content-Encoding', encoding]);
    expect(await recorder.stop()).toMatchObject({ exchanges: 0, leftOut: 1 });
    expect(log()._leftOut[0]?.reason).toContain(reason);
    expect(readdirSync(join(folder, 'files'))).toEqual([]);
  });
});
