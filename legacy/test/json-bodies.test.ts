import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { chat, newChat } from './support/client.ts';
import type { Answer } from './support/exchange.ts';
import type { Failure } from './support/shapes.ts';

let app: App;
let chatId: string;
beforeAll(async () => {
  app = await startApp();
  chatId = (await newChat(app)).id;
});
afterAll(() => app.stop());

const routes = [
  { field: 'title', method: 'PUT', action: 'rename' },
  { field: 'message', method: 'POST', action: 'messages' },
];

const rename = (body: string | Uint8Array, type = 'application/json'): Promise<Answer> =>
  app.send('PUT', `/api/chats/${chatId}/rename`, { headers: [['Content-Type', type]], body });
const title = async () => (await chat(app, chatId)).title;
const failure = (answer: Answer) => {
  expect(answer.status).toBe(500);
  expect(answer.header('content-type')).toBe('application/json');
  return answer.json<Failure>().error;
};

describe.each(routes)('$method .../$action', ({ field, method, action }) => {
  const path = () => `/api/chats/${chatId}/${action}`;
  const sendBody = (body: string | Uint8Array) =>
    app.send(method, path(), { headers: [['Content-Type', 'application/json']], body });

  it.each(['text/plain', 'text/json', 'application/jsonx', 'application/x-www-form-urlencoded', 'json', ''])(
    'the content type "%s" is a 500 with the text of the 415',
    async (type) => {
      const answer = await app.send(method, path(), {
        headers: [['Content-Type', type]],
        body: `{"${field}": "x"}`,
      });
      expect(failure(answer)).toBe(
        '415 Unsupported Media Type: Did not attempt to load JSON data because the request Content-Type was not ' +
          "'application/json'.",
      );
    },
  );

  it('no content type and no body is a 500 with the text of the 415', async () => {
    expect(failure(await app.send(method, path()))).toContain('415 Unsupported Media Type: ');
  });

  // The messages of CPython 3.11 to 3.13.
  it.each([
    ['', 'Expecting value: line 1 column 1 (char 0)'],
    [' ', 'Expecting value: line 1 column 2 (char 1)'],
    ['nope', 'Expecting value: line 1 column 1 (char 0)'],
    ["{'a': 1}", 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['{a: 1}', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
    ['{"a": }', 'Expecting value: line 1 column 7 (char 6)'],
    ['{"a": 1 "b": 2}', "Expecting ',' delimiter: line 1 column 9 (char 8)"],
    ['[1 2]', "Expecting ',' delimiter: line 1 column 4 (char 3)"],
    ['{"a": 1} x', 'Extra data: line 1 column 10 (char 9)'],
    ['{"a": "b', 'Unterminated string starting at: line 1 column 7 (char 6)'],
    ['{"a": "b\u0001"}', 'Invalid control character at: line 1 column 9 (char 8)'],
    ['{"a": "b\nc"}', 'Invalid control character at: line 1 column 9 (char 8)'],
    ['{"a": "\\x"}', 'Invalid \\escape: line 1 column 8 (char 7)'],
    ['{"a": "\\u12"}', 'Invalid \\uXXXX escape: line 1 column 9 (char 8)'],
    ['{"a": 01}', "Expecting ',' delimiter: line 1 column 8 (char 7)"],
    ['{"a": 1.}', "Expecting ',' delimiter: line 1 column 8 (char 7)"],
    ['{\n  "a": 1,\n  "b": x\n}', 'Expecting value: line 3 column 8 (char 19)'],
    ['{\r\n"b": x}', 'Expecting value: line 2 column 6 (char 8)'],
    ['{"é😀": x}', 'Expecting value: line 1 column 8 (char 7)'],
    ['\u00a0{}', 'Expecting value: line 1 column 1 (char 0)'],
  ])('the body %j is a 500 with the message of CPython', async (body, message) => {
    expect(failure(await sendBody(body))).toBe(`400 Bad Request: Failed to decode JSON object: ${message}`);
  });

  it('a comma before a closing brace is a 500 in the words of the CPython that runs', async () => {
    expect([
      // 3.11, 3.12
      '400 Bad Request: Failed to decode JSON object: Expecting property name enclosed in double quotes: line 1 column 9 (char 8)',
      // 3.13
      '400 Bad Request: Failed to decode JSON object: Illegal trailing comma before end of object: line 1 column 8 (char 7)',
    ]).toContain(failure(await sendBody('{"a": 1,}')));
  });

  it('a number of more than 4,300 digits is a 500', async () => {
    expect(failure(await sendBody(`{"a": ${'1'.repeat(4301)}}`))).toBe(
      '400 Bad Request: Failed to decode JSON object: Exceeds the limit (4300 digits) for integer string conversion: ' +
        'value has 4301 digits; use sys.set_int_max_str_digits() to increase the limit',
    );
  });

  it('nesting without end is a 500', async () => {
    expect(failure(await sendBody('['.repeat(100_000)))).toContain('maximum recursion depth exceeded');
  });

  it.each([
    [[0x7b, 0xff], "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"],
    [[0x22, 0xc3, 0x22], "'utf-8' codec can't decode byte 0xc3 in position 1: invalid continuation byte"],
    [[0x22, 0x61, 0xe2, 0x82], "'utf-8' codec can't decode bytes in position 2-3: unexpected end of data"],
  ])('the bytes %j are a 500 with the message of the decoder', async (bytes, message) => {
    expect(failure(await sendBody(Uint8Array.from(bytes)))).toBe(
      `400 Bad Request: Failed to decode JSON object: ${message}`,
    );
  });

  it.each([
    ['null', "'NoneType' object has no attribute 'get'"],
    ['[]', "'list' object has no attribute 'get'"],
    ['"text"', "'str' object has no attribute 'get'"],
    ['1', "'int' object has no attribute 'get'"],
    ['1.5', "'float' object has no attribute 'get'"],
    ['NaN', "'float' object has no attribute 'get'"],
    ['true', "'bool' object has no attribute 'get'"],
  ])('a body that is %s is a 500 with an attribute error', async (body, message) => {
    expect(failure(await sendBody(body))).toBe(message);
  });

  it.each([
    ['null', "'NoneType' object has no attribute 'strip'"],
    ['1', "'int' object has no attribute 'strip'"],
    ['-1.5e3', "'float' object has no attribute 'strip'"],
    ['-Infinity', "'float' object has no attribute 'strip'"],
    ['false', "'bool' object has no attribute 'strip'"],
    ['["a"]', "'list' object has no attribute 'strip'"],
    ['{}', "'dict' object has no attribute 'strip'"],
  ])('the field as %s is a 500 with an attribute error', async (value, message) => {
    expect(failure(await sendBody(`{"${field}": ${value}}`))).toBe(message);
  });

  it.each(['{}', '{"Title": "x", "Message": "x"}', `{"${field}": ""}`, `{"${field}": " \\t\\n "}`])(
    'the body %s is a 400: the field cannot be empty',
    async (body) => {
      const answer = await sendBody(body);
      expect(answer.status).toBe(400);
      expect(answer.text).toBe(
        `{\n  "error": "${field === 'title' ? 'Title' : 'Message'} cannot be empty"\n}\n`,
      );
    },
  );
});

describe('content types that are JSON', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=latin-1',
    'application/json;x=y;z',
    'application/vnd.api+json',
    'Application/LD+JSON; profile="x"',
    'application/+json',
  ])('%s', async (type) => {
    const given = `for ${type}`;
    expect((await rename(JSON.stringify({ title: given }), type)).status).toBe(200);
    expect(await title()).toBe(given);
  });
});

describe('encodings', () => {
  const text = '{"title": "Ünï 😀"}';
  const utf16 = (bigEndian: boolean, bom: boolean) => {
    const bytes = Buffer.from((bom ? '\ufeff' : '') + text, 'utf16le');
    return bigEndian ? bytes.swap16() : bytes;
  };
  const utf32 = (bigEndian: boolean, bom: boolean) => {
    const points = [...((bom ? '\ufeff' : '') + text)].map((char) => char.codePointAt(0) ?? 0);
    const bytes = Buffer.alloc(points.length * 4);
    for (const [i, point] of points.entries()) {
      if (bigEndian) bytes.writeUInt32BE(point, i * 4);
      else bytes.writeUInt32LE(point, i * 4);
    }
    return bytes;
  };

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16, little endian, marked', utf16(false, true)],
    ['UTF-16, big endian, marked', utf16(true, true)],
    ['UTF-16, little endian', utf16(false, false)],
    ['UTF-16, big endian', utf16(true, false)],
    ['UTF-32, little endian, marked', utf32(false, true)],
    ['UTF-32, big endian, marked', utf32(true, true)],
    ['UTF-32, little endian', utf32(false, false)],
    ['UTF-32, big endian', utf32(true, false)],
  ])('%s is read', async (_, body) => {
    await rename('{"title": "before"}');
    expect((await rename(body)).status).toBe(200);
    expect(await title()).toBe('Ünï 😀');
  });

  it('a surrogate written as three bytes of UTF-8 is read as a lone surrogate', async () => {
    const other = await newChat(app);
    const body = Buffer.concat([
      Buffer.from('{"title": "a'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]);
    const answer = await app.send('PUT', `/api/chats/${other.id}/rename`, {
      headers: [['Content-Type', 'application/json']],
      body,
    });
    // It cannot be stored, which is said; in memory it is the title.
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual({ error: expect.stringMatching(/surrogates not allowed$/) });
    expect((await chat(app, other.id)).title).toBe('a\ud800');
    expect((await app.send('DELETE', `/api/chats/${other.id}`)).status).toBe(200);
  });
});

describe('what CPython reads beyond the standard', () => {
  it('the last of two keys wins', async () => {
    await rename('{"title": "first", "title": "last"}');
    expect(await title()).toBe('last');
  });

  it('NaN and Infinity are values', async () => {
    expect((await rename('{"title": "with NaN", "a": NaN, "b": [-Infinity, Infinity]}')).status).toBe(200);
    expect(await title()).toBe('with NaN');
  });

  it('a lone surrogate escape and a NUL are characters', async () => {
    await rename('{"title": "a\\u0000b"}');
    expect(await title()).toBe('a\0b');
  });
});

describe('whitespace', () => {
  // What str.strip removes: every character that Unicode calls a space, and the separators of ASCII.
  const stripped = [
    ...'\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680',
    ...'\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
  ];
  const kept = [...'\u200b\u200c\u200d\u2060\ufeff\u180e\u0000\u001b\u007f\u00ad'];

  it('at the ends is removed, all of Python’s kinds', async () => {
    for (const space of stripped) {
      const written = JSON.stringify({ title: `${space}x ${space}x${space}` });
      expect((await rename(written)).status).toBe(200);
      expect(JSON.stringify(await title())).toBe(JSON.stringify(`x ${space}x`));
    }
  });

  it('alone is empty', async () => {
    for (const space of stripped) {
      const answer = await rename(JSON.stringify({ title: space.repeat(3) }));
      expect([JSON.stringify(space), answer.status]).toEqual([JSON.stringify(space), 400]);
    }
  });

  it('is not what only looks like it', async () => {
    for (const char of kept) {
      expect((await rename(JSON.stringify({ title: `${char}x${char}` }))).status).toBe(200);
      expect(JSON.stringify(await title())).toBe(JSON.stringify(`${char}x${char}`));
    }
  });
});
