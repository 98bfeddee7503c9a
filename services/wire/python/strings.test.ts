import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Oracle, seeded, startOracle } from '../testing/oracle.ts';
import { firstCodePoints, noAttribute, repr, strip, unquote } from './strings.ts';
import { type PythonValue, typeName } from './values.ts';

/** As uploads are chosen by their names. */
const isPdf = (name: string) => name.toLowerCase().endsWith('.pdf');

let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

const pieces = [
  ...' \t\x0b\x1c\x1f\x85\xa0\u1680\u200a\u200b\u2028\u202f\u3000\ufeff.pPdDfF/\'"\\éÉßẞıİIkK\u212aςΣ\u0307ﬀ😀%',
  ...[
    '.pdf',
    '.PDF',
    '.PDİ',
    '%2F',
    '%ff',
    '%C3%A9',
    '%ED%A0%80',
    '%F0%9F%98%80',
    '%F0%9F',
    '%zz',
    '%4',
    '\ud83d',
  ],
];

test('3,000 texts are stripped, cut, quoted, and lowered as Python does it', async () => {
  const below = seeded(1);
  const texts = Array.from({ length: 3000 }, () =>
    Array.from({ length: below(10) }, () => pieces[below(pieces.length)] ?? '').join(''),
  );
  for (const text of texts) {
    const count = below(8);
    const python = await oracle.string(text, count);
    expect(strip(text)).toBe(python.strip);
    expect(firstCodePoints(text, count)).toBe(python.first);
    expect(isPdf(text), text).toBe(python.lower.endsWith('.pdf'));
    expect(unquote(text), text).toBe(python.unquote);
  }
});

test('every character of the basic plane is lowered to the same end', async () => {
  const all = Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code)).join('.pdf ');
  const { lower } = await oracle.string(all);
  const names = lower.split(' ').map((name) => name.endsWith('.pdf'));
  expect(all.split(' ').map(isPdf)).toEqual(names);
});

test.each(['', 'a', "'", '"', '\'"', '\\', '\n\r\t\0\x7f\x85\xa0\xad', 'éÿ', '\u200b\u2028 😀', "it's"])(
  'the representation of %j is Python’s',
  async (text) => {
    expect(repr(text)).toBe((await oracle.string(text)).repr);
  },
);

test('slices never end in the middle of a character', () => {
  expect(firstCodePoints('a😀b', 2)).toBe('a😀');
  expect(firstCodePoints('😀'.repeat(900), 800)).toBe('😀'.repeat(800));
  expect(firstCodePoints('é'.repeat(800), 800)).toBe('é'.repeat(800));
});

test('attribute errors name the types as Python does', async () => {
  const texts = await oracle.attributes();
  const values: PythonValue[] = [null, true, 1n, 1, '', [], new Map()];
  const expected = values.flatMap((value) => {
    const type = typeName(value);
    return ['get', 'strip'].map((name): [string, string] => [`${type}.${name}`, noAttribute(type, name)]);
  });
  const lacking = expected.filter(([key]) => key !== 'dict.get' && key !== 'str.strip');
  expect(Object.fromEntries(lacking)).toEqual(texts);
});
