/** Habits of the tools that export HAR: each entry is taken in as it was sent, or left out with the reason. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../log.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import type { Har } from '../har.ts';
import { type RecordedExchange, readRecording } from '../read-recording.ts';
import { createRecorder } from '../recorder.ts';
import { importRecording } from './import.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exporters-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const chats = 'https://chat.example/api/chats';
const headers = (of: Record<string, string>) => Object.entries(of).map(([name, value]) => ({ name, value }));
interface Over {
  request?: object;
  response?: object;
  entry?: object;
}

const entry = ({ request, response, entry: own }: Over = {}) => ({
  startedDateTime: '2027-01-15T08:00:00.000Z',
  time: 30,
  request: { method: 'POST', url: chats, headers: [], bodySize: -1, ...request },
  response: {
    status: 200,
    statusText: 'OK',
    headers: headers({ 'content-type': 'application/json' }),
    content: { size: 3, mimeType: 'application/json', text: '[]\n' },
    ...response,
  },
  ...own,
});

const har = (entries: object[]) =>
  JSON.stringify({ log: { version: '1.2', creator: { name: 'a tool' }, entries } });

async function imported(file: string | Buffer, name = 'export.har') {
  const path = join(folder, name);
  writeFileSync(path, file);
  const clock = { time: 0 };
  const spool = join(folder, 'spool');
  const recorder = createRecorder({ folder, spool, clock: { now: () => clock.time }, log: silentLog });
  const result = await importRecording({
    path,
    name: 'first',
    force: true,
    table: chatTable,
    recorder,
    clock,
  });
  const { exchanges } = await readRecording(join(folder, 'first.har'));
  const { log } = JSON.parse(readFileSync(join(folder, 'first.har'), 'utf8')) as Har;
  return { ...result, recorded: exchanges, named: log._leftOut.map(({ reason }) => reason) };
}

const one = async (over: Over): Promise<RecordedExchange | string> => {
  const { recorded, named } = await imported(har([entry(over)]));
  return recorded[0] ?? named[0] ?? 'lost';
};
const sent = async (request: object) => {
  const exchange = await one({ request });
  return typeof exchange === 'string' ? exchange : exchange.body?.toString('latin1');
};
const answered = async (response: object, request: object = {}) => {
  const exchange = await one({ response, request });
  return typeof exchange === 'string' ? exchange : Buffer.from(exchange.answer.body).toString('latin1');
};

const form = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=B';

describe('a request’s body', () => {
  const fields = [
    { name: 'a b', value: 'ä&=' },
    { name: 'c', value: '1' },
  ];
  it.each([
    [
      'from fields that are listed decoded',
      { postData: { mimeType: form, params: fields } },
      'a+b=%C3%A4%26%3D&c=1',
    ],
    [
      'from fields, spaces as the length says',
      {
        headers: headers({ 'content-length': '22' }),
        postData: { mimeType: form, text: '', params: fields },
      },
      'a%20b=%C3%A4%26%3D&c=1',
    ],
    [
      'from fields that are listed as sent',
      { postData: { mimeType: form, params: [{ name: 'a%20b', value: '%C3%A4' }] } },
      'a%20b=%C3%A4',
    ],
    [
      'from a form of texts',
      { postData: { mimeType: multipart, params: [{ name: 'a', value: 'x' }] } },
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n',
    ],
    [
      'in Base64 by its encoding',
      { postData: { mimeType: 'x/y', text: '/w==', encoding: 'base64' } },
      '\xff',
    ],
    [
      'in Base64 by a field of the tool',
      { postData: { mimeType: 'x/y', text: '_w', _encoding: 'base64' } },
      '\xff',
    ],
    [
      'in Base64 by a comment',
      { postData: { mimeType: 'x/y', text: '/w==', comment: 'Base64 encoded' } },
      '\xff',
    ],
    [
      'a byte in each character',
      { headers: headers({ 'content-length': '2' }), postData: { mimeType: 'x/y', text: '\xff\xe9' } },
      '\xff\xe9',
    ],
    [
      'in UTF-8',
      { headers: headers({ 'content-length': '4' }), postData: { mimeType: 'x/y', text: '\xff\xe9' } },
      '\xc3\xbf\xc3\xa9',
    ],
    [
      'in Latin-1 by its type',
      { postData: { mimeType: 'text/plain; charset=iso-8859-1', text: 'é' } },
      '\xe9',
    ],
    ['in UTF-16', { postData: { mimeType: 'text/plain; charset=utf-16le', text: 'ab' } }, 'a\0b\0'],
    [
      'with carriage returns that were lost',
      { headers: headers({ 'content-length': '4' }), postData: { mimeType: 'text/plain', text: 'a\nb' } },
      'a\r\nb',
    ],
    [
      'with a mark at its start that was lost',
      { headers: headers({ 'content-length': '4' }), postData: { mimeType: 'text/plain', text: 'a' } },
      '\xef\xbb\xbfa',
    ],
    ['of no length', { bodySize: 0, postData: { mimeType: form, text: '', params: [] } }, undefined],
    [
      'of a method in small letters',
      { method: 'post', postData: { mimeType: 'text/plain', text: 'a' } },
      'a',
    ],
  ])('is taken in %s', async (_, request, bytes) => {
    expect(await sent(request)).toBe(bytes);
  });

  it.each([
    ['it is missing', { headers: headers({ 'content-length': '9' }) }, 'the body of the request'],
    [
      'its size alone is there',
      { bodySize: 9, postData: { mimeType: form, text: '' } },
      'the body of the request',
    ],
    [
      'its fields are not as long as it was',
      { headers: headers({ 'content-length': '99' }), postData: { mimeType: form, params: fields } },
      'as long as they are',
    ],
    ['it is no Base64', { postData: { mimeType: 'x/y', text: '?', encoding: 'base64' } }, 'Base64'],
    [
      'characters of it are lost',
      { headers: headers({ 'content-length': '2' }), postData: { mimeType: 'x/y', text: '\ufffda\ufffd' } },
      'lost characters',
    ],
    [
      'it is longer than it was',
      { headers: headers({ 'content-length': '2' }), postData: { mimeType: 'text/plain', text: 'abc' } },
      '3 bytes in the export and 2',
    ],
    [
      'an upload’s file is missing',
      {
        postData: {
          mimeType: multipart,
          params: [{ name: 'pdf', fileName: 'a.pdf', contentType: 'application/pdf' }],
        },
      },
      'file that was uploaded',
    ],
    [
      'an upload’s text is cut',
      { bodySize: 900, postData: { mimeType: multipart, text: '--B\r\n\r\n' } },
      'file that was uploaded',
    ],
    [
      'a form’s boundary is missing',
      { postData: { mimeType: 'multipart/form-data', params: [{ name: 'a', value: 'b' }] } },
      'boundary',
    ],
    [
      'the file that has it is missing',
      { postData: { mimeType: 'x/y', _file: 'gone.bin' } },
      'a file beside the export',
    ],
  ])('is not guessed where %s', async (_, request, reason) => {
    expect(await sent(request)).toContain(reason);
  });
});

describe('an answer’s body', () => {
  const plain = (text: string, more: object = {}) => ({
    content: { size: -1, mimeType: 'text/plain', text, ...more },
  });
  const encoding = headers({ 'Content-Encoding': 'gzip', 'Content-Length': '7' });
  it.each([
    ['in Base64 without padding', plain('_w', { encoding: 'base64' }), '\xff'],
    ['in Base64 on several lines', plain('AAEC\r\nAw==', { encoding: 'base64' }), '\x00\x01\x02\x03'],
    ['in Latin-1', plain('é', { mimeType: 'text/plain; charset=ISO-8859-1' }), '\xe9'],
    ['as long as its header says', { headers: headers({ 'content-length': '1' }), ...plain('é') }, '\xe9'],
    ['decoded, whatever its header says', { headers: encoding, ...plain('ab') }, 'ab'],
    ['of no length', { content: { size: 0, mimeType: '' } }, ''],
    ['of no contents at all', { status: 204, content: null, headers: null, statusText: null }, ''],
  ])('is taken in %s', async (_, response, bytes) => {
    expect(await answered(response)).toBe(bytes);
  });

  it.each([
    ['it was not exported', { content: { size: 5, mimeType: '' } }, 'the body of the answer'],
    [
      'it was thrown away',
      { headers: headers({ 'content-length': '9' }), content: { size: -1 } },
      'the body of the answer',
    ],
    [
      'a redirect’s was not exported',
      { status: 302, headers: headers({ location: '/x' }), bodySize: 200, content: { size: 0 } },
      'the body of the answer',
    ],
    ['it is no Base64', plain('%%', { encoding: 'base64' }), 'Base64'],
    [
      'characters of it are lost',
      { headers: headers({ 'content-length': '1' }), ...plain('\ufffd') },
      'lost characters',
    ],
    ['its charset cannot be written', plain('字', { mimeType: 'text/plain; charset=shift_jis' }), 'charset'],
    ['there was no answer', { status: 0 }, 'no answer'],
    ['there was none of a known kind', { status: null }, 'no answer'],
  ])('is not guessed where %s', async (_, response, reason) => {
    expect(await answered(response)).toContain(reason);
  });

  it('of a HEAD is empty, whatever length is announced', async () => {
    const response = { headers: headers({ 'content-length': '99' }), content: { size: 99 } };
    expect(await answered(response, { method: 'HEAD' })).toBe('');
  });

  it('stays encoded where it was exported so', async () => {
    const bytes = gzipSync('[1]');
    const exchange = await one({
      response: {
        headers: encoding,
        content: { size: 3, text: bytes.toString('base64'), encoding: 'base64' },
      },
    });
    if (typeof exchange === 'string') throw new Error(exchange);
    expect(Buffer.from(exchange.answer.body).equals(bytes)).toBe(true);
    expect(exchange.answer.rawHeaders).toContain('Content-Encoding');
  });
});

describe('an entry', () => {
  it.each([
    ['from the browser’s cache', { _fromCache: 'disk' }, 'from its cache'],
    ['of a WebSocket', { _resourceType: 'websocket', _webSocketMessages: [] }, 'a WebSocket'],
  ])('%s is left out', async (_, own, reason) => {
    expect(await one({ entry: own })).toContain(reason);
  });

  it('gets its cookies, its query and its type from where a tool put them', async () => {
    const exchange = await one({
      request: {
        method: 'GET',
        headers: headers({ ':authority': 'chat.example' }),
        cookies: headers({ theme: 'dark' }),
        queryString: headers({ page: '2 3' }),
      },
      response: { headers: [], content: { size: 2, mimeType: 'application/json', text: '[]' } },
    });
    if (typeof exchange === 'string') throw new Error(exchange);
    expect(exchange.target).toBe('/api/chats?page=2%203');
    expect(exchange.rawHeaders.slice(0, 2)).toEqual(['Host', 'chat.example']);
    expect(exchange.rawHeaders.join(' ')).toMatch(/Cookie theme=[a-z]{4}$/);
    expect(exchange.answer.rawHeaders).toEqual(['Content-Type', 'application/json']);
  });

  it('that took no time, or stands out of order, is recorded in its place', async () => {
    const at = (time: string, url: string, took: number | null) =>
      entry({
        entry: { startedDateTime: `2027-01-15T08:00:0${time}Z`, time: took },
        request: { method: 'GET', url },
      });
    const { recorded } = await imported(har([at('2.000', `${chats}?b`, 0), at('1.000', `${chats}?a`, null)]));
    expect(recorded.map(({ target }) => target)).toEqual(['/api/chats?a', '/api/chats?b']);
  });

  it('that is for no page of the web, or cannot be read, is counted', async () => {
    const result = await imported(
      har([
        entry(),
        entry({ request: { url: 'blob:https://chat.example/api/chats' } }),
        entry({ request: { url: 'data:text/plain,x' } }),
        { startedDateTime: 'yesterday' },
        entry({ response: { status: 0 } }),
        entry({ response: { status: 0 } }),
      ]),
    );
    expect(result).toMatchObject({ exchanges: 1, leftOut: 2, foreign: 2 });
    expect(result.reasons).toMatchObject({ 'the browser shows no answer': 2 });
    expect(
      Object.entries(result.reasons).find(([reason]) => /no entry of a HAR file/.test(reason))?.[1],
    ).toBe(1);
  });
});

describe('a file', () => {
  const text = har([entry()]);
  it.each([
    ['with a mark at its start', Buffer.from(`\ufeff${text}`)],
    ['in UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['in UTF-16 of the other order', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['that is compressed', gzipSync(text)],
    ['in an archive', zip({ 'trace/export.har': text })],
  ])('%s is read', async (_, file) => {
    expect(await imported(file)).toMatchObject({ exchanges: 1, leftOut: 0 });
  });

  it('has bodies in files of their own, in its archive or beside it', async () => {
    const attached = har([
      entry({
        request: {
          postData: { mimeType: multipart, params: [{ name: 'pdf', fileName: 'a.pdf', _file: 'up.bin' }] },
        },
        response: { content: { size: 5, mimeType: 'text/plain', _file: 'body.txt' } },
      }),
    ]);
    const files = { 'up.bin': '%PDF-1', 'body.txt': 'hello' };
    const packed = await imported(zip({ 'har.har': attached, ...files }), 'export.zip');
    for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);
    const beside = await imported(attached);
    for (const { recorded } of [packed, beside]) {
      expect(Buffer.from(recorded[0]?.answer.body ?? '').toString()).toBe('hello');
      expect(recorded[0]?.body?.toString()).toContain('filename="a.pdf"\r\n\r\n%PDF-1\r\n--B--');
    }
  });

  it.each([
    ['is cut', text.slice(0, -9)],
    ['is no text', Buffer.from([0x7b, 0xff, 0xfe])],
    ['is an archive that is cut', zip({ 'a.har': text }).subarray(0, 60)],
    ['is an archive of something else', zip({ 'a.txt': text })],
    ['has no entries', '{"log": {}}'],
    ['has entries that cannot be read alone', har([{}])],
  ])('that %s is refused', async (_, file) => {
    await expect(imported(file)).rejects.toMatchObject({ code: 'recording_import' });
  });
});

/** An archive as tools write it: deflated, with a directory at its end. */
function zip(files: Record<string, string>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, contents] of Object.entries(files)) {
    const data = deflateRawSync(contents);
    const local = Buffer.alloc(30);
    local.write('PK\x03\x04', 'latin1');
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.write('PK\x01\x02', 'latin1');
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(Buffer.byteLength(contents), 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    locals.push(local, Buffer.from(name), data);
    directory.push(central, Buffer.from(name));
    at += 30 + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...directory, end]);
}
