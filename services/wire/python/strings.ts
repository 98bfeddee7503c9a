/**
 * What Python's `str` does where JavaScript's strings do otherwise. Halves of surrogate pairs that stand side by side are
 * two characters to Python and one to JavaScript; they print alike, as JSON escapes.
 */
export { pythonSpace, strip, unquote } from '@banyan/operations/http/python-text.ts';

/** `text[:count]`: the first characters, never half of one. */
export function firstCodePoints(text: string, count: number): string {
  // A code point is one unit or two: most texts are short enough to need no look.
  if (text.length <= count) return text;
  let units = 0;
  for (let taken = 0; taken < count && units < text.length; taken++)
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, units);
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
