import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Har, HarEntry } from './har.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { ExchangeHead } from './tap.ts';

let root: string;
let folder: string;
let spool: string;
let recorder: Recorder;
let time: number;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'recorder-'));
  folder = join(root, 'recordings');
  spool = join(root, 'spool');
  time = Date.UTC(2026, 0, 31, 9, 15);
  recorder = createRecorder({
    folder,
    spool,
    clock: { now: () => time++ },
    random: () => Buffer.from('the same in every test'),
    log: { info() {}, error() {} },
  });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const head = (over: Partial<ExchangeHead> = {}): ExchangeHead => ({
  method: 'GET',
  target: '/api/chats',
  httpVersion: '1.1',
  rawHeaders: ['Host', 'localhost:8080', 'Accept', '*/*'],
  routeKey: 'GET /api/chats',
  ...over,
});

const json = {
  status: 200,
  reason: 'OK',
  rawHeaders: ['Content-Type', 'application/json'],
  backend: 'legacy' as const,
};

/** A whole exchange through a tap. */
function exchange(over: Partial<ExchangeHead> & { body?: Buffer; answer?: string | Buffer } = {}): void {
  const { body, answer = '[]\n', ...rest } = over;
  const tap = recorder.begin(head(rest));
  if (body) for (let at = 0; at < body.length; at += 60_000) tap.requestBody(body.subarray(at, at + 60_000));
  tap.requestEnd();
  tap.response(json);
  tap.responseBody(Buffer.from(answer));
  tap.end();
}

const read = (name: string): Har => JSON.parse(readFileSync(join(folder, `${name}.har`), 'utf8')) as Har;

async function recorded(work: () => void): Promise<HarEntry[]> {
  await recorder.start('one');
  work();
  await recorder.stop();
  return read('one').log.entries;
}

/** Every byte that is under the root, file names included. */
function everythingOnDisk(from = root): string {
  return readdirSync(from, { withFileTypes: true })
    .map((file) => {
      const path = join(from, file.name);
      return file.isDirectory()
        ? everythingOnDisk(path)
        : `${file.name} ${readFileSync(path).toString('latin1')}`;
    })
    .join('\n');
}

const secret = `AIza${'SyA1b2C3d4'.repeat(4).slice(0, 35)}`;

describe('a recording', () => {
  it('has the request and the answer as HAR 1.2, with route, backend and sequence', async () => {
    const [entry] = await recorded(() =>
      exchange({
        method: 'POST',
        target: '/api/chats/x/messages?a=1&b=%20',
        rawHeaders: ['Host', 'localhost:8080', 'content-TYPE', 'application/json', 'Content-Length', '18'],
        body: Buffer.from('{"message": "hé"}'),
        answer: '{\n  "reply": "\\u00e9"\n}\n',
        routeKey: 'POST /api/chats/:chat_id/messages',
      }),
    );
    expect(entry).toMatchObject({
      startedDateTime: '2026-01-31T09:15:00.001Z',
      request: {
        method: 'POST',
        url: 'http://localhost:8080/api/chats/x/messages?a=1&b=%20',
        httpVersion: 'HTTP/1.1',
        headers: [
          { name: 'Host', value: 'localhost:8080' },
          { name: 'content-TYPE', value: 'application/json' },
          { name: 'Content-Length', value: '18' },
        ],
        queryString: [
          { name: 'a', value: '1' },
          { name: 'b', value: '%20' },
        ],
        postData: { mimeType: 'application/json', text: '{"message": "hé"}' },
        bodySize: 18,
      },
      response: {
        status: 200,
        statusText: 'OK',
        content: { size: 24, mimeType: 'application/json', text: '{\n  "reply": "\\u00e9"\n}\n' },
      },
      _route: 'POST /api/chats/:chat_id/messages',
      _backend: 'legacy',
      _sequence: { start: 0, end: 1 },
    });
    expect(Object.values(entry?.timings ?? {}).every((ms) => ms >= 0)).toBe(true);
  });

  it('keeps bytes that are no UTF-8 exactly', async () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
    const [entry] = await recorded(() => exchange({ method: 'POST', body: bytes, answer: bytes }));
    expect(entry?.request.postData).toMatchObject({
      text: '',
      _body: [{ base64: bytes.toString('base64') }],
    });
    expect(entry?.response.content).toMatchObject({ encoding: 'base64', text: bytes.toString('base64') });
  });

  it('puts uploads into a side file by their hash, once, and says that it did not look into them', async () => {
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(300_000, 'stream \x00\xff')]);
    const before =
      '--B\r\nContent-Disposition: form-data; name="pdf"; filename="ä.pdf"\r\nContent-Type: application/pdf\r\n\r\n';
    const body = Buffer.concat([Buffer.from(before), pdf, Buffer.from('\r\n--B--\r\n')]);
    const upload = { method: 'POST', body, rawHeaders: ['Content-Type', 'multipart/form-data; boundary=B'] };
    const [entry, again] = await recorded(() => {
      exchange(upload);
      exchange(upload);
    });
    const sha256 = createHash('sha256').update(pdf).digest('hex');
    expect(entry?.request.postData).toEqual({
      mimeType: 'multipart/form-data; boundary=B',
      text: '',
      params: [{ name: 'pdf', fileName: 'ä.pdf', contentType: 'application/pdf', _file: sha256 }],
      _body: [{ text: before }, { file: sha256, size: pdf.length }, { text: '\r\n--B--\r\n' }],
    });
    expect(again?.request.postData).toEqual(entry?.request.postData);
    expect(readFileSync(join(folder, 'files', sha256)).equals(pdf)).toBe(true);
    expect(readdirSync(join(folder, 'files'))).toEqual([sha256]);
    expect(read('one').log._asSent).toEqual([sha256]);
  });

  it('puts long texts into a side file, redacted', async () => {
    const long = `{"message": "${'word '.repeat(20_000)}${secret}"}`;
    const [entry] = await recorded(() => exchange({ method: 'POST', body: Buffer.from(long), answer: long }));
    const [stretch] = entry?.request.postData?._body ?? [];
    expect(entry?.response.content._body).toEqual([stretch]);
    const file = stretch && 'file' in stretch ? stretch.file : '';
    const kept = readFileSync(join(folder, 'files', file), 'utf8');
    expect(kept).toHaveLength(long.length);
    expect(kept).toMatch(/word AIza[\w-]{35}"\}$/);
    expect(everythingOnDisk()).not.toContain(secret);
  });

  it('lets no secret reach the disk, not even while it runs, wherever the secret stands and the body is cut', async () => {
    await recorder.start('one');
    const tap = recorder.begin(
      head({
        method: 'POST',
        target: `/api/chats?key=1&token=${secret}`,
        rawHeaders: [
          'Cookie',
          'session=c00kiec00kie1',
          'Authorization',
          'Bearer t0ken-t0ken-t0ken',
          'X-Key',
          secret,
        ],
      }),
    );
    const body = `{"filler": "${'f '.repeat(30_000)}", "message": "my key is ${secret}", "password": "hunter2hunter2"}`;
    for (const byte of [body.slice(0, 60_040), ...body.slice(60_040)]) tap.requestBody(Buffer.from(byte));
    tap.requestEnd();
    tap.response({
      ...json,
      rawHeaders: ['Set-Cookie', 'session=c00kiec00kie1; Path=/', 'Location', `/?token=${secret}`],
    });
    tap.responseBody(Buffer.from(`you sent ${secret.slice(0, 20)}`));
    tap.responseBody(Buffer.from(`${secret.slice(20)} and c00kiec00kie1`));
    const secrets = [secret, 'c00kiec00kie1', 't0ken-t0ken-t0ken', 'hunter2hunter2'];
    for (const each of secrets) expect(everythingOnDisk()).not.toContain(each);
    tap.end();
    for (const each of secrets) expect(everythingOnDisk()).not.toContain(each);
    const { redacted } = await recorder.stop();
    for (const each of secrets) expect(everythingOnDisk()).not.toContain(each);
    expect(redacted).toBeGreaterThan(8);
    const [entry] = read('one').log.entries;
    const standIn = entry?.request.headers.find(({ name }) => name === 'X-Key')?.value;
    expect(entry?.response.content.text).toMatch(new RegExp(`^you sent ${standIn} and [a-z]\\d\\d[a-z]`));
    expect(entry?.request.url).toContain(`token=${standIn}`);
    expect(read('one').log._standIns).toContain(standIn);
  });

  it('has the exchanges in the order they began, and says which were over before which', async () => {
    const entries = await recorded(() => {
      const slow = recorder.begin(head({ target: '/slow' }));
      const quick = recorder.begin(head({ target: '/quick' }));
      for (const tap of [quick, slow]) {
        tap.requestEnd();
        tap.response(json);
        tap.end();
      }
      exchange({ target: '/after' });
    });
    expect(entries.map(({ request, _sequence }) => [request.url.split('8080')[1], _sequence])).toEqual([
      ['/slow', { start: 0, end: 3 }],
      ['/quick', { start: 1, end: 2 }],
      ['/after', { start: 4, end: 5 }],
    ]);
  });

  it('has no exchange that was under way when it started', async () => {
    const tap = recorder.begin(head());
    await recorder.start('one');
    tap.requestEnd();
    tap.response(json);
    tap.end();
    exchange();
    await recorder.stop();
    expect(read('one').log.entries).toHaveLength(1);
  });

  it('waits for exchanges under way when it stops, and takes no new ones', async () => {
    await recorder.start('one');
    const tap = recorder.begin(head());
    const stopped = recorder.stop();
    expect(recorder.active).toBe(false);
    expect(recorder.status()).toMatchObject({ state: 'stopping', inFlight: 1 });
    exchange();
    tap.requestEnd();
    tap.response(json);
    tap.responseBody(Buffer.from('late'));
    tap.end();
    expect(await stopped).toMatchObject({ exchanges: 1, leftOut: 0 });
    expect(read('one').log.entries[0]?.response.content.text).toBe('late');
  });

  it('leaves out what does not end within the grace, what is aborted, and what the gateway failed on', async () => {
    await recorder.start('one');
    exchange();
    recorder.begin(head({ target: '/never' })).requestEnd();
    recorder.begin(head({ target: '/gone' })).aborted('the client went away');
    const early = recorder.begin(
      head({ target: '/early', method: 'POST', rawHeaders: ['Content-Length', '10'] }),
    );
    early.requestBody(Buffer.from('half'));
    early.response(json);
    early.end();
    const dead = recorder.begin(head({ target: '/dead' }));
    dead.response({ status: 502, reason: 'Bad Gateway', rawHeaders: [], backend: 'gateway' });
    dead.end();
    expect(await recorder.stop({ grace: 20 })).toMatchObject({ exchanges: 1, leftOut: 4 });
    expect(read('one').log._leftOut.map(({ url, reason }) => [url.replace(/.*\//, '/'), reason])).toEqual([
      ['/never', 'it was not over when the recording stopped'],
      ['/gone', 'the client went away'],
      ['/early', 'it was answered, but its body never ended'],
      ['/dead', 'the gateway itself answered 502 Bad Gateway'],
    ]);
  });

  it('waits for a body that is still coming when the answer is whole', async () => {
    const [entry] = await recorded(() => {
      const tap = recorder.begin(head({ method: 'POST', rawHeaders: ['Content-Length', '4'] }));
      tap.requestBody(Buffer.from('ha'));
      tap.response(json);
      tap.end();
      tap.requestBody(Buffer.from('lf'));
      tap.requestEnd();
    });
    expect(entry?.request.postData?.text).toBe('half');
  });

  it('has no pages of the gateway’s own', async () => {
    const entries = await recorded(() => {
      const tap = recorder.begin(head({ target: '/chat' }));
      tap.response({ ...json, backend: 'gateway' });
      tap.responseBody(Buffer.from('<!doctype html>'));
      tap.end();
    });
    expect(entries).toEqual([]);
    expect(read('one').log._leftOut).toEqual([]);
  });

  it('stays valid when nothing happened', async () => {
    expect(await recorded(() => {})).toEqual([]);
  });

  it('does not hold bodies in memory', async () => {
    await recorder.start('one');
    const chunk = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(64 * 1024 - 9, 'x')]);
    const taps = Array.from({ length: 10 }, () => recorder.begin(head({ method: 'POST' })));
    const before = process.memoryUsage();
    for (let i = 0; i < 400; i += 1) for (const tap of taps) tap.requestBody(chunk);
    const after = process.memoryUsage();
    expect(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed).toBeLessThan(30e6);
    for (const tap of taps) tap.aborted('enough');
    await recorder.stop();
  });
});

describe('names and states', () => {
  it.each(['', '../x', 'a/b', 'a.har', '.x', 'a b', 'x'.repeat(65), 'ä', 'a\0'])(
    'refuses the name %j',
    async (name) => {
      await expect(recorder.start(name)).rejects.toMatchObject({ code: 'recording_name', status: 400 });
      expect(recorder.active).toBe(false);
    },
  );

  it('does not replace a recording unless it is forced to', async () => {
    await recorded(() => exchange());
    await expect(recorder.start('one')).rejects.toMatchObject({ code: 'recording_exists', status: 409 });
    await recorder.start('one', { force: true });
    await recorder.stop();
    expect(read('one').log.entries).toEqual([]);
  });

  it('keeps the old recording until the new one is complete', async () => {
    await recorded(() => exchange());
    await recorder.start('one', { force: true });
    expect(read('one').log.entries).toHaveLength(1);
    await recorder.stop();
  });

  it('keeps the old recording, and nothing half done, when the new one cannot be written', async () => {
    await recorded(() => exchange());
    await recorder.start('one', { force: true });
    exchange({ method: 'POST', body: Buffer.concat([Buffer.from('%PDF-'), Buffer.alloc(50_000)]) });
    for (const file of readdirSync(spool)) if (file.length === 64) rmSync(join(spool, file));
    await expect(recorder.stop()).rejects.toMatchObject({ code: 'recording_failed' });
    expect(read('one').log.entries).toHaveLength(1);
    expect(readdirSync(folder).toSorted()).toEqual(['files', 'one.har']);
    expect(recorder.status()).toMatchObject({ state: 'idle', fault: expect.stringMatching(/ENOENT/) });
  });

  it('writes the recording under way when the gateway stops', async () => {
    await recorder.close();
    await recorder.start('one');
    exchange();
    await recorder.close();
    expect(read('one').log.entries).toHaveLength(1);
  });

  it('runs one recording at a time, and stops none when none runs', async () => {
    const both = await Promise.allSettled([recorder.start('one'), recorder.start('two')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await recorder.stop();
    await expect(recorder.stop()).rejects.toMatchObject({ code: 'recording_none' });
  });

  it('gives up when the disk fails, and the exchange notices nothing', async () => {
    await recorder.start('one');
    const tap = recorder.begin(head({ method: 'POST', rawHeaders: ['Content-Type', 'application/pdf'] }));
    rmSync(spool, { recursive: true });
    writeFileSync(spool, 'in the way');
    expect(() => {
      tap.requestBody(Buffer.concat([Buffer.from('%PDF-'), Buffer.alloc(100_000)]));
      tap.requestEnd();
      tap.response(json);
      tap.end();
    }).not.toThrow();
    expect(recorder.active).toBe(false);
    expect(recorder.status()).toMatchObject({ state: 'idle', fault: expect.stringMatching(/ENOTDIR/) });
    await expect(recorder.stop()).rejects.toMatchObject({ code: 'recording_failed' });
    await recorder.start('two');
    await recorder.stop();
    expect(statSync(join(folder, 'two.har')).isFile()).toBe(true);
  });
});
