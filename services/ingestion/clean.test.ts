import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanText } from './clean.ts';
import { pythonSpace, pythonWord } from './python-text.ts';
import { sanitizeSource } from './sanitize-source.ts';
import { type LegacyFunctions, legacyFunctions } from './testing/legacy.ts';
import { seeded, setupFolder } from './testing/setup.ts';

let legacy: LegacyFunctions;
beforeAll(() => {
  legacy = legacyFunctions(setupFolder);
});
afterAll(() => legacy.close());

/** Whitespace of both languages, marks, ligatures, bidi controls, astral letters, signs near those that are kept, halves of pairs. */
const nasty = [
  ...' \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff',
  ...'.,;:!?-()[]"\'/@#$%&*+=\\^_`{|}~<>§°²½ªº–—…“”‘’•€™\0\x07\x7f',
  ...'aZ0é\u0301ßŒ\ufb01\ufb03\u00ad\u2010אב\u05b0عر\u0660\u202e中文々〆〇ｱ\u0e33ไ\u0929\u093c',
  ...'\u{1d400}\u{1f600}\u{1f468}\u200d\u{20000}\u{10330}\u{31350}\u{1e4d0}\u088f',
  '\ud83d',
  '\ude00',
];

function texts(seed: number, count: number): string[] {
  const below = seeded(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(60) }, () =>
      below(8) ? (nasty[below(nasty.length)] ?? '') : String.fromCodePoint(below(0x110000)),
    ).join(''),
  );
}

test('every code point is a word character or whitespace exactly where Python says so', async () => {
  const python = await legacy.call('code_points');
  const matching = (pattern: RegExp) =>
    Array.from({ length: 0x110000 }, (_, code) => code).filter((code) =>
      pattern.test(String.fromCodePoint(code)),
    );
  expect(matching(new RegExp(pythonWord, 'v'))).toEqual(python.word);
  expect(matching(new RegExp(`[${pythonSpace}]`, 'v'))).toEqual(python.space);
  expect(python.isspace).toEqual(python.space);
});

test('nasty text is cleaned as legacy cleans it', async () => {
  for (const text of texts(1, 3000)) expect(cleanText(text)).toBe(await legacy.call('clean_text', text));
});

test('names of files become sources as legacy makes them', async () => {
  for (const name of texts(2, 1000))
    expect(sanitizeSource(name)).toBe(await legacy.call('sanitize_source', name));
});

test('doubled blanks that cleaning itself makes survive', () => {
  expect(cleanText('  a —  b\u200bc\t\n§ ')).toBe('a   b c');
});

test('a megabyte of blanks is cleaned at once', () => {
  const started = performance.now();
  expect(cleanText(`a${'\u200b'.repeat(1_000_000)}b`)).toHaveLength(1_000_002);
  expect(performance.now() - started).toBeLessThan(2000);
});
