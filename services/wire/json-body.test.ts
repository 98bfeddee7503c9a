import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asLegacy, quirksWithout } from '../quirks.ts';
import { longestJsonBody, readTextField, type TextField } from './json-body.ts';
import { type Oracle, startOracle } from './testing/oracle.ts';

let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

const honest = quirksWithout(['client-errors-as-500']);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

function read(body: Uint8Array, headers: string[], quirks = asLegacy): Promise<TextField> {
  return readTextField({ rawHeaders: headers, body: Readable.from([body]) }, 'message', quirks);
}

/** What the lines of the legacy app make of it, behind its server. */
async function legacy(body: Uint8Array, headers: string[]): Promise<TextField> {
  const lines = headers.flatMap((value, i) => (i % 2 ? [] : [`${value}: ${headers[i + 1]}\r\n`]));
  const head = `POST /api/chats/a/messages HTTP/1.1\r\nHost: a\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n`;
  const answer = await oracle.http(Buffer.concat([latin1(head), body]));
  const [start = '', content = ''] = answer.toString('latin1').split('\r\n\r\n', 2);
  const seen = /^X-Seen: (.*)$/m.exec(start)?.[1];
  if (seen !== undefined) return { text: JSON.parse(seen) };
  const { error } = JSON.parse(content);
  if (error === 'Message cannot be empty') return { text: '' };
  return { fault: { status: Number(start.split(' ')[1]), error } };
}

const json = ['Content-Type', 'application/json'];

test.each([
  '{"message":"hello"}',
  '{"message":" \\u00a0\\u3000 hi\\u200b \\u0085\\u001f\\ufeff "}',
  '{"message":"\\u200b"}',
  '{"message":" \\n\\t "}',
  '{"message":""}',
  '{}',
  '{"Message":"x"}',
  '{"message":"a","message":"b"}',
  '{"message":"a","message":1}',
  '{"message":null}',
  '{"message":true}',
  '{"message":1}',
  '{"message":1.5}',
  '{"message":NaN}',
  '{"message":[]}',
  '{"message":{}}',
  'null',
  'true',
  '1',
  '1.0',
  '-Infinity',
  '"text"',
  '[]',
  '[{"message":"x"}]',
  '',
  ' ',
  '{',
  '{"message":"x"',
  '{"message":"\n"}',
  '{"message":"\\ud83d"}',
  '\xef\xbb\xbf{"message":"x"}',
  '\xff\xfe{\0"\0m\0e\0s\0s\0a\0g\0e\0"\0:\0"\0x\0"\0}\0',
  '{"message":"\xff"}',
  '{"message":"\xed\xa0\xbd"}',
  `{"message":${'1'.repeat(5000)}}`,
  `${'['.repeat(2000)}`,
])('%j is read as the legacy app reads it', async (text) => {
  const body = latin1(text);
  expect(await read(body, json)).toEqual(await legacy(body, json));
});

test.each([
  'application/json',
  'APPLICATION/JSON',
  'application/json; charset=utf-16',
  'application/json;',
  'application/json ; x="y',
  ' application/json ',
  'application/vnd.api+json',
  'application/+JSON; v=1',
  'application/+json',
  'application/json+x',
  'application/jsonx',
  'text/json',
  'text/plain',
  'text/x+json',
  'application/json, application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  '',
  ';',
  'application/\u00a0json',
  '\u00a0application/json\u00a0',
])('the type %j is taken or refused as Werkzeug does it', async (type) => {
  const headers = ['Content-Type', type];
  const body = latin1('{"message":"x"}');
  expect(await read(body, headers)).toEqual(await legacy(body, headers));
});

test('without a type it is refused, and of two types the last counts', async () => {
  const body = latin1('{"message":"x"}');
  const two = ['content-type', 'text/plain', 'CONTENT-TYPE', 'application/json'];
  for (const headers of [[], two, two.toReversed()])
    if (headers[0] !== 'application/json')
      expect(await read(body, headers)).toEqual(await legacy(body, headers));
});

test('client errors are themselves once that quirk is retired, with the same texts', async () => {
  const statuses: [string, string[], number][] = [
    ['{', json, 400],
    ['[]', json, 400],
    ['{"message":1}', json, 400],
    ['['.repeat(2000), json, 400],
    ['{}', [], 415],
  ];
  for (const [body, headers, status] of statuses) {
    const before = await read(latin1(body), headers);
    const after = await read(latin1(body), headers, honest);
    expect(before).toMatchObject({ fault: { status: 500 } });
    expect(after).toEqual({ fault: { ...('fault' in before && before.fault), status } });
  }
});

test('a request without a body has nothing to decode', async () => {
  expect(await readTextField({ rawHeaders: json }, 'message', asLegacy)).toEqual(
    await legacy(latin1(''), json),
  );
});

test('a body comes in any pieces', async () => {
  const pieces = [...Buffer.from('{"message":"é😀"}')].map((byte) => Buffer.from([byte]));
  const request = { rawHeaders: json, body: Readable.from(pieces) };
  expect(await readTextField(request, 'message', asLegacy)).toEqual({ text: 'é😀' });
});

test('a body that is too long is refused without keeping it, and its rest let go by', async () => {
  let sent = 0;
  async function* endless() {
    for (; sent < 3 * longestJsonBody; sent += 1 << 20) yield Buffer.alloc(1 << 20, ' ');
  }
  const body = Readable.from(endless());
  const ended = new Promise((resolve) => body.once('end', resolve));
  expect(await readTextField({ rawHeaders: json, body }, 'message', honest)).toMatchObject({
    fault: { status: 413 },
  });
  expect(sent).toBeLessThan(longestJsonBody + (4 << 20));
  await ended;
  expect(sent).toBe(3 * longestJsonBody);
});

test('the longest body that is allowed is read', async () => {
  const message = 'x'.repeat(longestJsonBody - '{"message":""}'.length);
  const field = await read(latin1(`{"message":"${message}"}`), json);
  expect(field).toEqual({ text: message });
});

test('a client that goes away is an error of the stream', async () => {
  async function* broken() {
    yield latin1('{"mess');
    throw new Error('aborted');
  }
  const request = { rawHeaders: json, body: Readable.from(broken()) };
  await expect(readTextField(request, 'message', asLegacy)).rejects.toThrow('aborted');
});
