/** How a text becomes bytes: as everybody does it, and as nobody should. */
import fc from 'fast-check';

type Encode = (text: string) => Buffer;

const utf16 =
  (littleEndian: boolean): Encode =>
  (text) => {
    const bytes = Buffer.from(text, 'utf16le');
    return littleEndian ? bytes : bytes.swap16();
  };

const utf32 =
  (littleEndian: boolean): Encode =>
  (text) => {
    const points = [...text].map((character) => character.codePointAt(0) ?? 0);
    const bytes = Buffer.alloc(points.length * 4);
    for (const [i, point] of points.entries())
      if (littleEndian) bytes.writeUInt32LE(point, i * 4);
      else bytes.writeUInt32BE(point, i * 4);
    return bytes;
  };

const marked =
  (encode: Encode): Encode =>
  (text) =>
    encode(`\ufeff${text}`);
const utf8: Encode = (text) => Buffer.from(text, 'utf8');
/** Surrogates as three bytes each, which UTF-8 forbids. */
const cesu8: Encode = (text) =>
  Buffer.concat(
    [...Array(text.length).keys()].map((i) => {
      const unit = text.charCodeAt(i);
      return unit < 0x800
        ? Buffer.from(text[i] ?? '', 'utf8')
        : Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
    }),
  );

const odd: Encode[] = [
  marked(utf8),
  utf16(true),
  utf16(false),
  marked(utf16(true)),
  marked(utf16(false)),
  utf32(true),
  utf32(false),
  marked(utf32(true)),
  marked(utf32(false)),
  (text) => Buffer.from(text, 'latin1'),
  cesu8,
  // Cut in the middle of a character, where there is one.
  (text) => utf16(true)(text).subarray(0, -1),
  (text) => utf8(`${text}é`).subarray(0, -1),
  (text) => Buffer.concat([utf8(text), Buffer.from([0xff])]),
];

export const encodings: fc.Arbitrary<Encode> = fc.oneof(
  { weight: 12, arbitrary: fc.constant(utf8) },
  { weight: 2, arbitrary: fc.constantFrom(...odd) },
);
