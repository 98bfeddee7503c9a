/** JSON as Flask's provider writes it: keys sorted, ASCII escapes, one newline at the end. */

/** `pretty` is Flask with debug on: two-space indent. `compact` is Flask with debug off. */
export type JsonStyle = 'pretty' | 'compact';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** @returns the text of an answer's body, ASCII only */
export function toJson(value: Json, style: JsonStyle): string {
  const text = JSON.stringify(sorted(value), undefined, style === 'pretty' ? 2 : undefined);
  return `${escaped(text)}\n`;
}

/** Lone surrogates are already escaped by `JSON.stringify`; the rest becomes escapes here, one a code unit. */
function escaped(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (unit) =>
    unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([key, member]) => [key, sorted(member as Json)]),
  );
}

/** Python sorts strings by code point, JavaScript by code unit; they differ where surrogates meet U+E000–U+FFFF. */
function byCodePoint(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
