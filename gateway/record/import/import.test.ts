import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../../log.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import { readRecording } from '../read-recording.ts';
import { createRecorder } from '../recorder.ts';
import { readRedaction } from '../redaction/redaction-file.ts';
import { defaultRules } from '../redaction/rules.ts';
import { secretsIn } from '../secrets.ts';
import { importRecording } from './import.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const key = 'AIzaSyA1234567890abcdefghijklmnopqrstuv';
const headers = (of: Record<string, string>) => Object.entries(of).map(([name, value]) => ({ name, value }));
/** As Chrome exports it. */
const entry = (
  at: number,
  method: string,
  url: string,
  over: { request?: object; response?: object } = {},
) => ({
  startedDateTime: new Date(1_800_000_000_000 + at).toISOString(),
  time: 30,
  request: {
    method,
    url,
    httpVersion: 'http/2.0',
    headers: headers({ ':authority': 'chat.example', accept: '*/*', cookie: 'session=s3cr3t-session-value' }),
    bodySize: 0,
    ...over.request,
  },
  response: {
    status: 200,
    statusText: 'OK',
    headers: headers({ 'content-type': 'application/json', 'content-encoding': 'br', 'content-length': '9' }),
    content: { size: 3, mimeType: 'application/json', text: '[]\n' },
    ...over.response,
  },
  _initiator: { type: 'script' },
});

function imported(entries: object[]) {
  const path = join(folder, 'export.har');
  writeFileSync(
    path,
    JSON.stringify({ log: { version: '1.2', creator: { name: 'WebInspector' }, entries } }),
  );
  const clock = { time: 0 };
  const recorder = createRecorder({
    folder,
    spool: join(folder, 'spool'),
    clock: { now: () => clock.time },
    log: silentLog,
  });
  return importRecording({ path, name: 'first', force: false, table: chatTable, recorder, clock });
}

const chats = 'https://chat.example/api/chats';

it('takes in what belongs to the application, in its order and overlap, and counts the rest', async () => {
  const result = await imported([
    entry(100, 'POST', chats, {
      request: { postData: { mimeType: 'application/json', text: '{"a": 1}' }, bodySize: 8 },
    }),
    entry(0, 'GET', `${chats}?page=1`),
    entry(120, 'GET', 'https://chat.example/api/health'),
    entry(130, 'GET', 'https://chat.example/app.js'),
  ]);
  expect(result).toMatchObject({ exchanges: 3, leftOut: 0, foreign: 1 });
  const { exchanges } = await readRecording(join(folder, 'first.har'));
  expect(exchanges.map(({ method, target, route }) => `${method} ${target} = ${route}`)).toEqual([
    'GET /api/chats?page=1 = GET /api/chats',
    'POST /api/chats = POST /api/chats',
    'GET /api/health = GET /api/health',
  ]);
  const [first, second, third] = exchanges;
  expect(first && second && first.end < second.start).toBe(true);
  expect(second && third && third.start < second.end).toBe(true);
  expect(second?.body?.toString()).toBe('{"a": 1}');
  expect(first?.rawHeaders.slice(0, 2)).toEqual(['Host', 'chat.example']);
  // The body was exported decoded, so the headers say what it is now.
  expect(first?.answer.rawHeaders).toEqual(['content-type', 'application/json', 'content-length', '3']);
});

it('redacts on the way in: cookies, credentials, keys in bodies', async () => {
  await imported([
    entry(0, 'POST', chats, {
      request: {
        postData: { mimeType: 'application/json', text: JSON.stringify({ key, password: 'hunter22!' }) },
        bodySize: 70,
      },
    }),
  ]);
  const text = readFileSync(join(folder, 'first.har'), 'utf8');
  for (const secret of [key, 's3cr3t-session-value', 'hunter22!']) expect(text).not.toContain(secret);
  expect(secretsIn(text, defaultRules)).toEqual([]);
});

it('leaves out, with the reason, what the browser did not export', async () => {
  const upload = { mimeType: 'multipart/form-data; boundary=x', text: '--x\r\n' };
  const result = await imported([
    entry(0, 'GET', chats, { response: { content: { size: 100 } } }),
    entry(50, 'POST', `${chats}/c/upload-pdf`, { request: { postData: upload, bodySize: 5000 } }),
    entry(99, 'GET', chats, { response: { status: 0, statusText: '' } }),
  ]);
  expect(result).toMatchObject({ exchanges: 0, leftOut: 3 });
  const text = readFileSync(join(folder, 'first.har'), 'utf8');
  for (const reason of ['the body of the answer', 'the file that was uploaded', 'no answer'])
    expect(text).toContain(reason);
});

it('refuses a file that is no HAR, and one without a request for a route', async () => {
  await expect(imported([{ nonsense: true }])).rejects.toMatchObject({ code: 'recording_import' });
  await expect(imported([entry(0, 'GET', 'https://elsewhere.example/x')])).rejects.toThrow(
    'no request in it',
  );
});

it('a secret that is put into a recording afterwards is found', async () => {
  await imported([entry(0, 'GET', chats)]);
  const text = readFileSync(join(folder, 'first.har'), 'utf8');
  expect(secretsIn(text.replace('*/*', key), defaultRules)).toHaveLength(1);
  expect(
    secretsIn(text.replace('"[]\\n"', JSON.stringify(`{"token": "${key.slice(5)}"}`)), defaultRules),
  ).toHaveLength(1);
  expect(secretsIn(text, defaultRules, [`Bearer ${key.slice(4)}`])).not.toEqual([]);
});

it('a team adds headers, fields and patterns of its own, and a fault in them stops everything', async () => {
  const file = join(folder, 'redaction.yaml');
  writeFileSync(
    file,
    "headers: [X-Customer]\nfields: [iban]\npatterns: [{name: mail, pattern: '[a-z]+@[a-z.]+'}]\n",
  );
  const rules = readRedaction(file);
  const log = (name: string, value: string, text: string) =>
    JSON.stringify({
      log: {
        entries: [
          { request: { url: '/', headers: [{ name, value }] }, response: { headers: [], content: { text } } },
        ],
      },
    });
  expect(secretsIn(log('x-customer', 'Mr. Smith', ''), rules)).toHaveLength(1);
  expect(secretsIn(log('a', 'b', '{"iban": "DE00"}'), rules)).toHaveLength(1);
  expect(secretsIn(log('a', 'b', 'write to ada@example.org'), rules)).toHaveLength(1);
  expect(secretsIn(log('a', 'b', 'write to ada@example.org'), defaultRules)).toEqual([]);
  writeFileSync(file, "patterns: [{name: broken, pattern: '('}]\n");
  expect(() => readRedaction(file)).toThrow('redaction.yaml cannot be used');
  expect(readRedaction(join(folder, 'none.yaml'))).toBe(defaultRules);
});
