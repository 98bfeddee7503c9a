/** The scanner takes what the parser takes, however it is cut. */

import { parseJson } from '@banyan/compare/json/parse.ts';
import { expect, it } from 'vitest';
import { type Chance, chance } from '../../test/support/random.ts';
import { JsonScanner } from './scanner.ts';

/** Whether it is one value, from the first byte to the last. */
function isWhole(text: string, { below }: Chance): boolean {
  let open = 0;
  const scanner = new JsonScanner({
    value: (kind) => {
      if (kind === 'object' || kind === 'array') open += 1;
    },
    key: () => {},
    stringEnd: () => {},
    close: () => {
      open -= 1;
    },
  });
  const bytes = Buffer.from(`[${text}]`, 'latin1');
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + 1 + below(5));
    if (scanner.scan(piece) < piece.length) return false;
    at += piece.length;
  }
  return open === 0;
}

const texts = [
  '{"a": [1, -0.5e+10, 2E3, 0], "b\\u00e9\\"": {}, "c" : [ ] , "": [true,false,null]}',
  '[NaN, Infinity, -Infinity, "\\\\\\/\\b\\f\\n\\r\\t\\"", "\u00c3\u00a9", [[{"x": [{}]}]]]',
  '"text"',
  '0.1',
  '-12e-3',
  'null',
];
const strange = Array.from('{}[]",:\\ \n\t\u0000\u00ff0123.eE+-tfnuNI/');

it('takes what the parser takes', () => {
  const luck = chance(1);
  const seen = { whole: 0, broken: 0 };
  for (let n = 0; n < 20_000; n += 1) {
    let text = luck.of(texts);
    for (let changes = luck.below(3); changes > 0; changes -= 1) {
      const at = luck.below(text.length + 1);
      text = text.slice(0, at) + (luck.once(3) ? '' : luck.of(strange)) + text.slice(at + luck.below(2));
    }
    const isJson = parseJson(`[${text}]`) !== undefined;
    seen[isJson ? 'whole' : 'broken'] += 1;
    expect(isWhole(text, luck), JSON.stringify(text)).toBe(isJson);
  }
  expect(Math.min(seen.whole, seen.broken)).toBeGreaterThan(2000);
});

it.each([498, 499, 500, 501])('goes as deep as the parser: %i', (depth) => {
  for (const inside of ['', '1']) {
    const text = '['.repeat(depth) + inside + ']'.repeat(depth);
    expect(isWhole(text, chance(depth))).toBe(parseJson(`[${text}]`) !== undefined);
  }
});
