/** Bodies with a content encoding are decoded, searched, and encoded again where a secret was in them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LONGEST_DECODED } from './encoded.ts';
import type { Har } from './har.ts';
import { readRecording } from './read-recording.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { defaultRules } from './redaction/rules.ts';
import { secretsIn } from './secrets.ts';

let folder: string;
let recorder: Recorder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'encoded-'));
  const log = { info() {}, error() {} };
  recorder = createRecorder({ folder, spool: join(folder, 'spool'), clock: Date, log });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secret = ['gh', 'p_', 'aZ3bY7cX1dW9eV5fU2gT8hS4iR6jQ0kPlM1n'].join('');
const log = () => (JSON.parse(readFileSync(join(folder, 'one.har'), 'utf8')) as Har).log;

function exchange(answer: Uint8Array, rawHeaders: string[]): void {
  const tap = recorder.begin({
    method: 'GET',
    target: '/',
    httpVersion: '1.1',
    rawHeaders: [],
    routeKey: 'GET /',
  });
  tap.requestEnd();
  tap.response({ status: 200, reason: 'OK', rawHeaders, backend: 'legacy' });
  tap.responseBody(answer);
  tap.end();
}

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
    exchange(bytes, ['Content-Type', 'application/json', ...sent]);
    expect(await recorder.stop()).toMatchObject({ exchanges: 1 });
    const [recorded] = (await readRecording(join(folder, 'one.har'))).exchanges;
    const { body, rawHeaders } = recorded?.answer ?? { body: Buffer.alloc(0), rawHeaders: [''] };
    expect(rawHeaders[rawHeaders.indexOf('Content-Length') + 1]).toBe(String(body.length));
    expect(secretsIn(readFileSync(join(folder, 'one.har'), 'utf8'), defaultRules)).toEqual([]);
    if (encoding !== 'gzip') return;
    const plain = gunzipSync(body).toString();
    expect(plain).not.toContain(secret);
    expect(plain).toHaveLength(text.length);
    expect(JSON.parse(plain).plain).toBe('x'.repeat(50));
  });

  it('stays as it was where no secret is in it', async () => {
    const bytes = gzipSync('{"plain": 1}', { level: 1 });
    await recorder.start('one');
    exchange(bytes, ['Content-Encoding', 'gzip']);
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
    exchange(bytes, ['Content-Encoding', encoding]);
    expect(await recorder.stop()).toMatchObject({ exchanges: 0, leftOut: 1 });
    expect(log()._leftOut[0]?.reason).toContain(reason);
    expect(readdirSync(join(folder, 'files'))).toEqual([]);
  });
});
