import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listRecordings, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { createRecorder } from '@banyan/gateway/record/recorder.ts';
import { readRedaction } from '@banyan/gateway/record/redaction/redaction-file.ts';
import { secretsIn } from '@banyan/gateway/record/secrets.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'har-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const before = '--B\r\nContent-Disposition: form-data; name="pdf"; filename="a.pdf"\r\n\r\n';
const bodies: Record<string, Buffer> = {
  text: Buffer.from('{"message": "hé 🌍\u2028"}'),
  'a BOM': Buffer.from('\ufeff{}'),
  'no UTF-8': Buffer.from([0x7b, 0xff, 0x00, 0xfe, 0x7d]),
  'a long text': Buffer.from(`{"a": "${'é'.repeat(30_000)}"}`),
  'an upload': Buffer.concat([
    Buffer.from(before),
    Buffer.alloc(100_000, '%PDF-\x00'),
    Buffer.from('\r\n--B--\r\n'),
  ]),
  nothing: Buffer.alloc(0),
};

/** Records one exchange and reads it back. */
async function recordedAndRead(body: Buffer, target = '/a?b=%20') {
  const log = { info() {}, error() {} };
  const recorder = createRecorder({ folder, spool: join(folder, '.spool'), clock: Date, log });
  await recorder.start('one', { force: true });
  const rawHeaders = ['Host', 'x:1', 'CONTENT-type', 'multipart/form-data; boundary=B', 'X-Latin', '\xe9'];
  const tap = recorder.begin({ method: 'POST', target, httpVersion: '1.1', rawHeaders, routeKey: 'POST /a' });
  tap.requestBody(body);
  tap.requestEnd();
  const answer = { status: 200, reason: 'Fine', rawHeaders: ['A', '1', 'A', '2'] };
  tap.response({ ...answer, backend: 'legacy' });
  tap.responseBody(body);
  tap.end();
  await recorder.stop();
  const recording = await readRecording(join(folder, 'one.har'));
  return { exchange: recording.exchanges[0], rawHeaders, answer };
}

describe('what was recorded is read back', () => {
  it.each(Object.entries(bodies))('byte for byte: %s', async (_, body) => {
    const { exchange, rawHeaders, answer } = await recordedAndRead(body);
    expect(exchange?.body?.equals(body)).toBe(true);
    expect(Buffer.from(exchange?.answer.body ?? []).equals(body)).toBe(true);
    expect(exchange).toMatchObject({
      method: 'POST',
      target: '/a?b=%20',
      rawHeaders,
      answer,
      route: 'POST /a',
      backend: 'legacy',
    });
  });

  it.each(['*', '/', '//a', '/a?', '/a#b', 'http://x:1/a'])('with the target %s', async (target) => {
    expect((await recordedAndRead(bodies.text ?? Buffer.alloc(0), target)).exchange?.target).toBe(target);
  });
});

describe('a file that is not a recording', () => {
  const altered = async (
    edit: (har: { log: { version: string; entries: Record<string, unknown>[] } }) => void,
  ) => {
    await recordedAndRead(bodies['an upload'] ?? Buffer.alloc(0));
    const file = join(folder, 'one.har');
    const har = JSON.parse(readFileSync(file, 'utf8'));
    edit(har);
    writeFileSync(file, JSON.stringify(har));
    return readRecording(file);
  };

  it('is named, with what is wrong in it', async () => {
    await expect(readRecording(join(folder, 'none.har'))).rejects.toThrow(
      /^none\.har is not a recording: ENOENT/,
    );
    writeFileSync(join(folder, 'one.har'), '{"log":');
    await expect(readRecording(join(folder, 'one.har'))).rejects.toThrow(
      /^one\.har is not a recording: .*JSON/,
    );
    await expect(altered((har) => Object.assign(har.log, { version: '1.1' }))).rejects.toThrow('log.version');
    await expect(altered((har) => delete har.log.entries[0]?._sequence)).rejects.toThrow(
      'log.entries.0._sequence',
    );
  });

  it('is one whose side file is missing or not what its name says', async () => {
    const { exchange } = await recordedAndRead(bodies['an upload'] ?? Buffer.alloc(0));
    expect(exchange).toBeDefined();
    const har = readFileSync(join(folder, 'one.har'), 'utf8');
    const side = join(folder, 'files', /"file": "([0-9a-f]{64})"/.exec(har)?.[1] ?? '');
    writeFileSync(side, 'something else');
    await expect(readRecording(join(folder, 'one.har'))).rejects.toThrow('is not what its name says');
    rmSync(side);
    await expect(readRecording(join(folder, 'one.har'))).rejects.toThrow('is missing');
  });
});

it('lists recordings and nothing else', async () => {
  for (const file of ['b.har', 'a.har', '.c.har.unfinished', 'notes.md'])
    writeFileSync(join(folder, file), '');
  expect(await listRecordings(folder)).toEqual(['a', 'b']);
  expect(await listRecordings(join(folder, 'none'))).toEqual([]);
});

it('has committed recordings that can be read, with no secret in them', async () => {
  const recordings = join(import.meta.dirname, 'recordings');
  const names = await listRecordings(recordings);
  expect(names).toContain('chat-page');
  for (const name of names) {
    const { exchanges, leftOut, state } = await readRecording(join(recordings, `${name}.har`));
    expect(exchanges.length).toBeGreaterThan(0);
    expect(leftOut).toBe(0);
    const text = readFileSync(join(recordings, `${name}.har`), 'utf8');
    // A saved state has what people wrote, as a recording has.
    const saved = state === undefined ? [] : readdirSync(state).map((file) => join(state, file));
    // Uploads are kept as sent; whoever commits one has looked at it. Texts beside a recording are searched.
    const beside = [...text.matchAll(/"file": "([0-9a-f]{64})"/g)].map(([, file = '']) =>
      join(recordings, 'files', file),
    );
    const texts = [...beside, ...saved]
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'latin1'));
    const searched = texts.filter((content) => !content.startsWith('%PDF'));
    expect(secretsIn(text, readRedaction(join(import.meta.dirname, '../redaction.yaml')), searched)).toEqual(
      [],
    );
  }
});
