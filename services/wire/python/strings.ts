/**
 * What Python's `str` does where JavaScript's strings do otherwise. Halves of surrogate pairs that stand side by side are
 * two characters to Python and one to JavaScript; they print alike, as JSON escapes.
 */
export { pythonSpace, strip } from '../../ingestion/python-text.ts';

/** `text[:count]`: the first characters, never half of one. */
export function firstCodePoints(text: string, count: number): string {
  // A code point is one unit or two: most texts are short enough to need no look.
  if (text.length <= count) return text;
  let units = 0;
  for (let taken = 0; taken < count && units < text.length; taken++)
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, units);
}

/** `len(text)`. */
export function countCodePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++)
    if ((text.codePointAt(i) ?? 0) > 0xffff) {
      count--;
      i++;
    }
  return count;
}

/** `name.lower().endswith(suffix)` for an ASCII suffix in lower case: the Kelvin sign is a k, İ is an i and a dot above. */
export function lowerEndsWith(name: string, suffix: string): boolean {
  // Lowering looks at neighbours only for a capital sigma, which is never ASCII.
  return name.toLowerCase().endsWith(suffix);
}

/** Quotes and escapes as `repr` does it for text that is printable or Latin-1. */
export function repr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'"\p{C}\p{Z}]/gu, (character) => escapedInRepr(character, quote));
  return `${quote}${escaped}${quote}`;
}

const named: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', ' ': ' ' };

function escapedInRepr(character: string, quote: string): string {
  const name = named[character];
  if (name !== undefined) return name;
  if (character === "'" || character === '"') return character === quote ? `\\${character}` : character;
  const code = character.codePointAt(0) ?? 0;
  const hex = (digits: number) => code.toString(16).padStart(digits, '0');
  if (code <= 0xff) return `\\x${hex(2)}`;
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`;
}

/** The text of an AttributeError: `'NoneType' object has no attribute 'get'`. */
export function noAttribute(typeName: string, attribute: string): string {
  return `'${typeName}' object has no attribute '${attribute}'`;
}

const escapes = /(?:%[0-9A-Fa-f]{2}|[\0-\x7f])+/g;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** `urllib.parse.unquote`: percent escapes as UTF-8, each maximal invalid part one replacement character. */
export function unquote(text: string, decode: (bytes: Uint8Array) => string = decodeUtf8): string {
  if (!text.includes('%')) return text;
  return text.replace(escapes, (run) => (run.includes('%') ? decode(unquotedBytes(run)) : run));
}

function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function unquotedBytes(run: string): Uint8Array {
  const decoded = run.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1');
}

/** `urllib.parse.quote`: everything but letters, digits, `_.-~` and what is safe becomes the escapes of its UTF-8. */
export function quote(text: string, safe: string): string {
  let quoted = '';
  for (const character of text)
    quoted += /[\w.~-]/.test(character) || safe.includes(character) ? character : escapesOf(character);
  return quoted;
}

function escapesOf(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}
