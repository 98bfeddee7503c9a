import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Oracle, seeded, startOracle } from '../testing/oracle.ts';
import { PythonDecodeError } from './decode.ts';
import { jsonLoads, PythonJsonError, PythonRecursionError } from './json-loads.ts';
import type { PythonValue } from './values.ts';

let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

/** In the oracle's notation. Strings go through JSON, where halves that met are a pair in both. */
function typed(value: PythonValue): unknown {
  if (typeof value === 'bigint') return { int: `${value < 0n ? '-' : ''}0x${abs(value).toString(16)}` };
  if (typeof value === 'number') return { float: value };
  if (Array.isArray(value)) return value.map(typed);
  if (value instanceof Map) return { dict: [...value].map(([key, member]) => [key, typed(member)]) };
  return value;
}
const abs = (value: bigint) => (value < 0n ? -value : value);

/** Python's `repr` of a float is written otherwise, but it is the same number. */
function comparable(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(comparable);
  if (answer === null || typeof answer !== 'object') return answer;
  if ('float' in answer) return { float: floatOf(String(answer.float)) };
  return 'dict' in answer ? { dict: comparable(answer.dict) } : answer;
}
const floatOf = (text: string) =>
  ({ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY })[text] ??
  Number(text);

function ours(doc: Uint8Array): unknown {
  try {
    return ['value', typed(jsonLoads(doc))];
  } catch (error) {
    if (error instanceof PythonJsonError || error instanceof PythonDecodeError) return error.message;
    throw error;
  }
}

async function theirs(doc: Uint8Array): Promise<unknown> {
  const answer = await oracle.loads(doc);
  return answer[0] === 'value' ? comparable(answer) : answer[2];
}

async function compare(docs: Uint8Array[]) {
  const verdicts = await Promise.all(docs.map(theirs));
  docs.forEach((doc, i) => {
    expect(ours(doc), Buffer.from(doc).toString('latin1')).toEqual(verdicts[i]);
  });
}

const utf8 = (text: string) => Buffer.from(text);
const latin1 = (text: string) => Buffer.from(text, 'latin1');

test.each([
  ['nothing at all', ''],
  ['blanks', ' \t\r\n '],
  ['a form feed is no blank', '\f1'],
  ['words', '[null,true,false,NaN,Infinity,-Infinity]'],
  ['halves of words', '[nul', 'tru', 'fals', '[Na', 'Infinit', '-Infinit', '-', '[-]'],
  ['ints', '[0,-0,12345678901234567890123456789,-1]', '01', '-01', '+1', '1_0'],
  ['digits of other scripts', '١', '1١', '1.١'],
  ['floats', '[1.0,-0.0,1e5,1E-5,1.5e+300,1e999,-1e999,5e-324,1e-999,0.1]'],
  ['halves of floats', '1.', '1.e5', '1e', '1e+', '[1e+]', '.5', '1.5.5', '1ee5'],
  ['ints up to the limit of digits', '9'.repeat(4300), `-${'9'.repeat(4300)}`],
  ['ints past it', `[${'9'.repeat(4301)}`, `-${'1'.repeat(9999)}`],
  ['floats past it', `${'9'.repeat(5000)}.5`],
  [
    'keys',
    '{"a":1,"a":2}',
    '{"__proto__":1,"constructor":2}',
    '{"":""}',
    '{"1":1,"0":0}',
    '{1:1}',
    "{'a':1}",
  ],
  [
    'commas',
    '[1,]',
    '[,]',
    '[1 2]',
    '{"a":1,}',
    '{,}',
    '{"a":1 "b":2}',
    '{"a" 1}',
    '{"a":}',
    '{"a"',
    '{"a":',
  ],
  ['ends', '[', '{', '[1', '{"a":1', '[1,', '{"a":1,', '[]]', '{}}', '1 1', '""x', '[ ', '{ '],
  [
    'strings',
    '"',
    '"a',
    '"\\',
    '"\\"',
    '"\\u',
    '"\\u1',
    '"\\u123',
    '"\\u1234',
    '"\\u123"',
    '"\\u12g4"',
    '"\\u0x1F"',
  ],
  [
    'escapes',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00"',
    '"\\x"',
    '"\\é"',
    '"\\U0041"',
    '"\\u 123"',
    '"\\u-123"',
  ],
  [
    'pairs',
    '"\\ud83d"',
    '"\\ude00"',
    '"\\ud83d\\ud83d\\ude00"',
    '"\\ud83d\\u0041"',
    '"\\ud83dx"',
    '"\\ud83d\\n"',
  ],
  [
    'broken pairs',
    '"\\ud83d\\u',
    '"\\ud83d\\ude0',
    '"\\ud83d\\ude00',
    '"\\ud83d\\udexx"',
    '"\\ud83d\\udexxaaaa"',
  ],
  ['control characters', '"\n"', '"\u0000"', '"\u001f"', '"\u007f"', '["a", "b\tc"]', '{"a\u0001":1}'],
  ['columns after line ends', '[1,\n\n  2 3]', '[1,\r\n x]', '\n\n\n"a', '[\u2028x', '[1\n'],
  ['columns after astral characters', '["😀😀" x]', '["😀\n😀" x]', '{"😀":"é" ]'],
])('%s', async (_, ...docs) => {
  await compare(docs.map(utf8));
});

describe('encodings', () => {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  const utf32 = (text: string) =>
    Buffer.concat(
      [...text].map((character) => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32LE(character.codePointAt(0) ?? 0);
        return bytes;
      }),
    );
  const documents = ['{"a":"é😀\\ud800"}', '[1', '1', '"é"', ' x', '""', '\u0100', 'ab'];
  const bigEndian = (size: number, bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    return size === 2 ? copy.swap16() : copy.swap32();
  };

  test.each(documents)(
    '%j in every encoding, with and without a mark, and cut at every byte',
    async (text) => {
      const whole = ['', '\ufeff', '\ufeff\ufeff'].flatMap((mark) => [
        utf8(mark + text),
        utf16(mark + text),
        bigEndian(2, utf16(mark + text)),
        utf32(mark + text),
        bigEndian(4, utf32(mark + text)),
      ]);
      await compare(whole.flatMap((bytes) => Array.from(bytes, (_, i) => bytes.subarray(0, i + 1))));
    },
  );

  test('halves of pairs by themselves are kept, in every encoding', async () => {
    await compare([
      latin1('"\xed\xa0\xbd"'),
      latin1('"\xed\xb8\x80\xed\xa0\xbd" x'),
      latin1('"\xed\xa0\xbd\xed\xb8\x80" x'),
      utf16('"\ud800" x'),
      utf16('"\udc00\ud800"'),
      latin1('"\0\0\0\0\xd8\0\0"\0\0\0'),
      latin1('"\0\0\0\0\0\x11\0"\0\0\0'),
      latin1('"\0\0\0\xff\xff\xff\xff"\0\0\0'),
    ]);
  });

  test('what is no UTF-8 is named as Python names it', async () => {
    const starts = [
      '\x80',
      '\xbf',
      '\xc0',
      '\xc1',
      '\xc2',
      '\xdf',
      '\xe0',
      '\xe1',
      '\xed',
      '\xef',
      '\xf0',
      '\xf1',
    ];
    const all = [...starts, '\xf4', '\xf5', '\xff'];
    const rest = ['', 'a', '\x80', '\x8f', '\x90', '\x9f', '\xa0', '\xbf', '\xc2'];
    const tails = rest.flatMap((a) => rest.flatMap((b) => rest.map((c) => a + b + c)));
    await compare(all.flatMap((start) => tails.map((tail) => latin1(`"${start}${tail}`))));
  });
});

const pieces = [
  ...'{}[]:,"\\ \n\t\r-+.eE019afx\0\x1f\x7fé😀\u2028\ufeff',
  ...['{"title":"', '":', '\\u', '\\ud83d', '\\ude00', '\\n', 'null', 'true', 'false', 'NaN', 'Infinity'],
  ...[
    '"a"',
    '"a":',
    '1.5e3',
    '-Infinity',
    '0',
    '[1,2]',
    '{"a":1}',
    '""',
    ', ',
    '\n\n',
    '12345678901234567890',
  ],
];

/** A document that is nearly right: made by the grammar, then cut, spliced, doubled. */
function nearly(below: (limit: number) => number): Buffer {
  const value = (depth: number): string => {
    const kind = below(depth > 3 ? 4 : 7);
    const blank = ['', '', ' ', '\n', ' \t'][below(5)] ?? '';
    const many = () => Array.from({ length: below(4) }, () => `${blank}${value(depth + 1)}${blank}`);
    if (kind === 4 || kind === 5) return `[${many().join(',')}]`;
    if (kind === 6)
      return `{${many()
        .map((item) => `"${pick()}"${blank}:${item}`)
        .join(',')}}`;
    return kind === 3 ? `"${pick()}${pick()}"` : (['1', '-2.5e3', 'null', 'NaN', '"é"', '0'][below(6)] ?? '');
  };
  const pick = () => pieces[below(pieces.length)] ?? '';
  let bytes = Buffer.from(below(4) ? value(0) : Array.from({ length: below(12) }, pick).join(''));
  for (let changes = below(4); changes > 0; changes--) {
    const at = below(bytes.length + 1);
    const inserted = below(3) ? Buffer.from(pick()) : Buffer.from([below(256)]);
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + below(3))]);
  }
  return bytes;
}

test.each([1, 2, 3])(
  '10,000 documents that are nearly right, from seed %i',
  async (seed) => {
    const below = seeded(seed);
    await compare(Array.from({ length: 10_000 }, () => nearly(below)));
  },
  120_000,
);

test('a megabyte is read at once, and its error is found at once', () => {
  const started = performance.now();
  const long = `{"a":"${'é😀x'.repeat(150_000)}","b":${`${'['.repeat(900)}1${']'.repeat(900)}`}`;
  expect(jsonLoads(utf8(`${long}}`))).toBeInstanceOf(Map);
  expect(() => jsonLoads(utf8(long))).toThrow("Expecting ',' delimiter: line 1 column");
  expect(performance.now() - started).toBeLessThan(3000);
});

/** How the legacy app's server answers a rename with this body. */
async function throughFlask(body: string): Promise<unknown> {
  const head = `PUT /api/chats/a/rename HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const answer = await oracle.http(latin1(`${head}\r\n\r\n${body}`));
  return JSON.parse(answer.subarray(answer.indexOf('\r\n\r\n')).toString()).error;
}

test.each([
  ['[', ']', ''],
  ['{"a":', '}', '1'],
])(
  'documents nested in %s are as deep as a request to the legacy app may have them',
  async (open, close, core) => {
    for (const inner of [core, 'x', '"\x01"', '[1 2]', '{"a" 1}'])
      for (let depth = 968; depth < 980; depth++) {
        const doc = open.repeat(depth) + inner + close.repeat(depth);
        const error = await throughFlask(doc);
        const read = () => jsonLoads(latin1(doc));
        if (!/recursion|decode/.test(String(error))) expect(read, `${depth}`).not.toThrow();
        else expect(read, `${depth} ${inner}`).toThrow(String(error).replace(/^400.*?object: /, ''));
        if (/^maximum/.test(String(error))) expect(read).toThrow(PythonRecursionError);
      }
  },
);
