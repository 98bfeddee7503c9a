/** What Python's `str.strip` and `urllib.parse.unquote` do, where JavaScript has nothing that does the same. */

/** Python's `\s`, `str.isspace`, `str.split` and `str.strip` agree on this set; U+FEFF is not in it, U+001C and U+0085 are. */
export const pythonSpace =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const leading = new RegExp(`^[${pythonSpace}]+`, 'u');
const trailingSpace = new RegExp(`[${pythonSpace}]`, 'u');

/** `str.strip()`. */
export function strip(text: string): string {
  let end = text.length;
  // A regular expression that is anchored at the end alone takes quadratic time on long runs of blanks inside.
  while (end > 0 && trailingSpace.test(text.charAt(end - 1))) end--;
  return text.slice(0, end).replace(leading, '');
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
