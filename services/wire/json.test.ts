import { chance } from '@banyan/operations/testing/random.ts';
import { expect, test } from 'vitest';
import { python } from '../testing/python.ts';
import { type Json, toJson } from './json.ts';

const flask = `
from flask import Flask
app = Flask(__name__)
def written(value, debug):
    app.debug = debug
    return app.json.response(value).get_data(as_text=True)
answer = [[written(value, True), written(value, False)] for value in given]
`;

const listed: Json[] = [
  null,
  true,
  0,
  -1,
  9007199254740991,
  '',
  [],
  {},
  [[], {}, [{}], { a: [] }],
  { b: 1, a: { d: [1, [2, { z: null }]], c: '' } },
  // Keys that JavaScript would put first, and in the order of numbers.
  { '10': 1, '9': 2, a: 3, '-1': 4, '01': 5 },
  // Keys whose order by code point is not that by code unit.
  { '\u{10000}': 1, '\uffff': 2, '\ue000': 3, '\ud800': 4, z: 5 },
  { ab: 1, a: 2, abc: 3, '': 4, B: 5, _: 6, é: 7, 'e\u0301': 8 },
  { constructor: 1, toString: 2, toJSON: 3 },
  '"\\/\b\f\n\r\t\v\0\x1f\x7f\x80\xa0\xad',
  "<script>alert('&')</script>",
  'é ü ß 漢字 \u2028 \u2029 \ufeff \uffff',
  '😀 \u{10ffff} \u{1f468}\u200d\u{1f469}',
  // Lone surrogates, and two halves in the wrong order.
  '\ud83d',
  'a\ude00b',
  '\ude00\ud83d',
  '\ud83d\ud83d\ude00',
];

const letters = [
  'a',
  'B',
  '"',
  '\\',
  '\n',
  '\x7f',
  'é',
  '漢',
  '\ue000',
  '\ud800',
  '\udc00',
  '😀',
  '0',
  '\u2028',
];

/** Values of every kind, by chance. */
function values(seed: number, count: number): Json[] {
  const random = chance(seed);
  const text = () => Array.from({ length: random.below(6) }, () => random.of(letters)).join('');
  const value = (depth: number): Json => {
    const kind = random.below(depth > 3 ? 4 : 6);
    if (kind === 0) return random.of([null, true, false]);
    if (kind === 1) return random.below(2000) - 1000;
    if (kind < 4) return text();
    if (kind === 4) return Array.from({ length: random.below(4) }, () => value(depth + 1));
    return Object.fromEntries(Array.from({ length: random.below(5) }, () => [text(), value(depth + 1)]));
  };
  return Array.from({ length: count }, () => value(0));
}

test('is what Flask writes, in both styles, whatever the value', async () => {
  const all = [...listed, ...values(1, 1500)];
  const expected = await python<[string, string][]>(flask, all);
  for (const [i, value] of all.entries())
    expect([toJson(value, 'pretty'), toJson(value, 'compact')], JSON.stringify(value)).toEqual(expected[i]);
});

test('is ASCII', () => {
  for (const value of values(2, 300)) expect(toJson(value, 'pretty')).toMatch(/^[\n\x20-\x7e]*$/);
});
