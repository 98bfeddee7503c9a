/** Which parts of a header's value are secret by the header's name. */
import type { Finding } from './finding.ts';
import { isHarmless } from './harmless.ts';
import { isCredentialHeader } from './names.ts';

/**
 * @param name in lower case
 * @param own the team's own headers
 * @returns undefined where the name says nothing: then the value is a text like others
 */
export function headerSecrets(name: string, value: string, own: ReadonlySet<string>): Finding[] | undefined {
  if (name === 'cookie' || name === 'cookie2') return cookieValues(value, /[;,\n]/);
  if (name === 'set-cookie' || name === 'set-cookie2') return setCookieValues(value);
  if (!own.has(name) && !isCredentialHeader(name)) return undefined;
  const start = value.length - value.trimStart().length;
  const end = value.trimEnd().length;
  return end <= start || (!own.has(name) && isHarmless(value.slice(start, end), 'strong'))
    ? []
    : [{ start, end, known: start }];
}

/** Each cookie's value; a piece without a name is a value too. */
function cookieValues(value: string, separator: RegExp): Finding[] {
  const found: Finding[] = [];
  let at = 0;
  for (const piece of value.split(separator)) {
    const sign = piece.indexOf('=');
    const start = at + sign + 1 + (/^\s*/.exec(piece.slice(sign + 1))?.[0].length ?? 0);
    const end = at + piece.trimEnd().length;
    if (end > start) found.push({ start, end, known: start });
    at += piece.length + 1;
  }
  return found;
}

const attribute =
  /^\s*(?:expires|max-age|domain|path|samesite|secure|httponly|partitioned|priority|version|comment|port|discard)\s*(?:=|$)/i;

/**
 * Several cookies may stand in one value, parted by line breaks or commas; a comma is in `Expires` as well. What is no
 * attribute is a cookie.
 */
function setCookieValues(value: string): Finding[] {
  const found: Finding[] = [];
  let at = 0;
  for (const piece of value.split(/[;\n]/)) {
    let inPiece = at;
    for (const part of piece.split(/,(?=\s*[^\s;,=]+=)/)) {
      if (!attribute.test(part))
        for (const { start, end } of cookieValues(part, /\n/))
          found.push({ start: inPiece + start, end: inPiece + end, known: inPiece + start });
      inPiece += part.length + 1;
    }
    at += piece.length + 1;
  }
  return found;
}

/** Whether a header is a credential by its name; its value must be in no journal and no log. In any case of letters. */
export function isSecretHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return /^(?:set-)?cookie2?$/.test(lower) || isCredentialHeader(lower);
}
