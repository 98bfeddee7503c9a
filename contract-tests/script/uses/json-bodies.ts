/** JSON as clients get it wrong: malformed, of another type, in another encoding, under another name. */
import { type Client, createClient } from '../client.ts';

const malformed = [
  '',
  ' ',
  '{',
  '{"title"',
  '{"title":',
  '{"title": "x"',
  '{"title": "x",}',
  "{'title': 'x'}",
  '{"title": "x"} more',
  '{title: "x"}',
  '{"title": "tab\tin it"}',
  '{"title": "\\x"}',
  '{"title": "\\u12"}',
  '[1,]',
  'nul',
  '{"title": 01}',
  '{"a": 1\n\n  "title": 2}',
];

const ofAnotherType = [
  'null',
  'true',
  '[]',
  '"title"',
  '7',
  '{}',
  '{"title": null}',
  '{"title": 7}',
  '{"title": 1.5}',
  '{"title": true}',
  '{"title": []}',
  '{"title": {}}',
  '{"title": NaN}',
  '{"title": "first", "title": "last wins"}',
];

const types = [
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/merge-patch+json',
  'application/json;version=1',
  'text/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'json',
];

export async function jsonBodies(origin: string): Promise<void> {
  const client = createClient(origin);
  const { ask } = client;
  const chat = await client.newChat();
  const rename = (body: string | Buffer, type = 'application/json') =>
    ask('PUT', `${chat}/rename`, { headers: ['Content-Type', type], body });
  for (const body of malformed) await rename(body);
  for (const body of ofAnotherType) await rename(body);
  for (const type of types) await rename(`{"title": ${JSON.stringify(type)}}`, type);
  await ask('PUT', `${chat}/rename`, { body: '{"title": "no type"}' });
  await encodings(rename);
  await ask('GET', '/api/chats');
  await messages(client, chat);
}

async function encodings(rename: (body: Buffer) => Promise<unknown>): Promise<void> {
  const text = '{"title": "é 🌍"}';
  const wide = Buffer.from(text, 'utf16le');
  await rename(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]));
  await rename(wide);
  await rename(Buffer.concat([Buffer.from([0xff, 0xfe]), wide]));
  await rename(Buffer.from(wide).swap16());
  await rename(Buffer.from('{"title": "\xe9"}', 'latin1'));
  await rename(Buffer.from('{"title": "\xed\xa0\x80"}', 'latin1'));
}

async function messages({ ask }: Client, chat: string): Promise<void> {
  const send = (body: string, type = 'application/json') =>
    ask('POST', `${chat}/messages`, { headers: ['Content-Type', type], body });
  for (const body of [
    '',
    '{"message"',
    '[]',
    'null',
    '{"message": 3}',
    '{"message": null}',
    '{}',
    '{"message": " "}',
  ])
    await send(body);
  await send('{"message": "x"}', 'text/plain');
  await ask('GET', chat);
}
