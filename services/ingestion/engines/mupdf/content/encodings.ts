/** What codes of simple fonts and names of glyphs stand for. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const glyphNames = require('./data/glyph-names.json') as Record<string, string>;
const encodings = require('./data/encodings.json') as Record<string, Record<string, string>>;

/** @returns undefined for a name that stands for nothing */
export function glyphText(glyph: string): string | undefined {
  const [name = ''] = glyph.split('.', 1);
  const parts = name.split('_');
  if (parts.length > 1) {
    const texts = parts.map(glyphText);
    return texts.includes(undefined) ? undefined : texts.join('');
  }
  if (Object.hasOwn(glyphNames, name)) return glyphNames[name];
  // pdfminer strips the letters of the prefix from both ends.
  const digits = name.startsWith('uni')
    ? name.replace(/^[uni]+|[uni]+$/g, '')
    : name.startsWith('u')
      ? name.replace(/^u+|u+$/g, '')
      : '';
  if (!/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  if (name.startsWith('uni')) return digits.length % 4 ? undefined : fromCodes(digits.match(/.{4}/g) ?? []);
  return digits.length >= 4 && digits.length <= 6 ? fromCodes([digits]) : undefined;
}

function fromCodes(hexadecimal: string[]): string | undefined {
  const codes = hexadecimal.map((digits) => Number.parseInt(digits, 16));
  return codes.some((code) => (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
    ? undefined
    : String.fromCodePoint(...codes);
}

/** @param name of a base encoding; an unknown one is the standard encoding */
export function baseEncoding(name: string | undefined): Map<number, string> {
  const known = encodings[name ?? ''] ?? encodings.StandardEncoding ?? {};
  return new Map(Object.entries(known).map(([code, text]) => [Number(code), text]));
}
