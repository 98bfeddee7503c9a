/** Texts that people, browsers and attackers send. */
import fc from 'fast-check';

/** What one language takes for white space and another does not. */
const spaces = [
  ...' \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u2003\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff',
];
const words = [
  'walrus',
  'Where does it live?',
  'O\'Brien & Sons <b>"quoted"</b> \\ back\\slash / slash',
  '\u0000',
  'a\u0000b',
  '\x01\x07\x08\x1b\x7f',
  '\u2028 \u2029',
  'naïve café Ünïcödé',
  'e\u0301 \u00e9',
  'Ω ω ÅΩ ﬁ ß İ ı',
  'שלום \u202eevil\u202c عربى',
  '日本語の文書',
  '👩‍👩‍👧‍👦 🇳🇵 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \u{10ffff}',
  '\ud83d',
  '\ude00\ud83d',
  'a\udfffb',
  '\ufffe\uffff\ufdd0',
  'null',
  '0',
  '-1',
  '../../etc/passwd',
  '%00%2e%2F',
  '{{}} {0} %s %(x)s',
  "'; DROP TABLE chats; --",
  '\r\nSet-Cookie: a=b',
];

const spacing = fc.string({ unit: fc.constantFrom(...spaces), maxLength: 4 });
const word = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...words) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
const long = fc
  .tuple(word, fc.nat({ max: 3000 }))
  .map(([text, times]) => text.repeat(times).slice(0, 60_000));

/** Any text, also one that cannot be written as UTF-8. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: word },
  { weight: 4, arbitrary: fc.tuple(spacing, word, spacing).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: spacing },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: long },
);
