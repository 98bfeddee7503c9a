/** JSON as Flask's provider writes it: keys sorted, ASCII escapes, one newline at the end. */

/** `pretty` is Flask with debug on: two-space indent. `compact` is Flask with debug off. */
export type JsonStyle = 'pretty' | 'compact';

/** Numbers are integers: Python and JavaScript write others differently, and no answer has any. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** @returns the text of an answer's body, ASCII only */
export function toJson(value: Json, style: JsonStyle): string {
  return `${written(value, style === 'pretty' ? '\n' : undefined)}\n`;
}

/** @param line what begins a line at this depth; undefined where all is on one */
function written(value: Json, line: string | undefined): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value !== 'object') return String(value);
  const inner = line === undefined ? undefined : `${line}  `;
  if (Array.isArray(value))
    return enclosed(
      '[]',
      value.map((element) => written(element, inner)),
      line,
    );
  // Not an object with its keys in order: JavaScript would put those that look like numbers first.
  const members = Object.entries(value)
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([key, member]) => `${quoted(key)}:${line === undefined ? '' : ' '}${written(member, inner)}`);
  return enclosed('{}', members, line);
}

function enclosed(brackets: '[]' | '{}', parts: string[], line: string | undefined): string {
  if (parts.length === 0) return brackets;
  const [open, close] = brackets;
  if (line === undefined) return `${open}${parts.join(',')}${close}`;
  return `${open}${line}  ${parts.join(`,${line}  `)}${line}${close}`;
}

/** `JSON.stringify` escapes quotes, control characters and lone surrogates; the rest beyond `~` becomes escapes here. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
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
