/**
 * What a secret looks like wherever it stands: beginnings that vendors give their keys, JSON Web Tokens, private keys,
 * passwords in URLs, card numbers. Each scanner reads a text once; whatever it looks back or ahead at is bounded.
 */
import { cards } from './cards.ts';
import type { Finding } from './finding.ts';
import { isHarmless } from './harmless.ts';
import { prefixes } from './prefixes.ts';

export function shapesIn(text: string): Finding[] {
  return [
    ...words(text),
    ...schemes(text),
    ...userInfo(text),
    ...privateKeys(text),
    ...rareShapes(text),
    ...cards(text),
  ];
}

const byStart = new Map<string, [prefix: string, least: number][]>();
for (const [prefix, least] of prefixes) {
  const start = prefix.slice(0, 2);
  byStart.set(start, [...(byStart.get(start) ?? []), [prefix, least]]);
}

const awsKeyId = /^(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA|ABIA|ACCA)[A-Z0-9]{16}$/;
const hexWord =
  /^(?:(?:SK|AC)[0-9a-f]{32}|key-[0-9a-f]{32}|dapi[0-9a-f]{32}(?:-\d)?|[0-9a-f]{32}-us\d{1,2}|pul-[0-9a-f]{40})$/;
const webToken = /^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/;

/** Words with a vendor's beginning. A token with dots has two further parts at most: none is read more than three times. */
function words(text: string): Finding[] {
  const found: Finding[] = [];
  const word = /[A-Za-z0-9_-]{2,}/g;
  const parts = /(?:\.[A-Za-z0-9_-]+){0,2}/y;
  for (let match = word.exec(text); match; match = word.exec(text)) {
    const lead = /^[_-]*/.exec(match[0])?.[0].length ?? 0;
    const plain = lead === 0 ? match[0] : match[0].slice(lead);
    if (plain.length < 2) continue;
    const start = match.index + lead;
    if (awsKeyId.test(plain) || hexWord.test(plain))
      found.push({ start, end: start + plain.length, known: start });
    const candidates = byStart.get(plain.slice(0, 2));
    if (!candidates) continue;
    parts.lastIndex = start + plain.length;
    const whole = plain + (parts.exec(text)?.[0] ?? '');
    const end = start + (webToken.exec(whole)?.[0].length ?? lengthOf(whole, plain, candidates));
    if (end > start) found.push({ start, end, known: start });
  }
  return found;
}

/** How much of a word is a token of one of these beginnings; 0 where it is none. Words of prose have no digits. */
function lengthOf(whole: string, plain: string, candidates: readonly [string, number][]): number {
  for (const [prefix, least] of candidates) {
    const token = prefix.includes('.') ? whole : plain;
    if (!token.startsWith(prefix) || token.length < prefix.length + least) continue;
    const rest = token.slice(prefix.length);
    if (/\d/.test(rest) || (/[a-z][A-Z]/.test(rest) && rest.length >= 20)) return token.length;
  }
  return 0;
}

/** `Bearer …`, `Basic …`. Of a run without a digit nothing is a token, so that it is not read again: prose has none. */
function schemes(text: string): Finding[] {
  const found: Finding[] = [];
  const scheme = /(?:bearer|basic)(?: |%20|\+)/gi;
  const run = /[A-Za-z0-9._~+/=-]*/y;
  for (let match = scheme.exec(text); match; match = scheme.exec(text)) {
    run.lastIndex = scheme.lastIndex;
    const whole = run.exec(text)?.[0] ?? '';
    const start = scheme.lastIndex;
    const basic = /^basic/i.test(match[0]);
    const value = basic ? (/^[A-Za-z0-9+/_-]*={0,2}/.exec(whole)?.[0] ?? '') : whole;
    const enough = basic ? isBasic(value) : value.length >= 16 && /\d/.test(value);
    if (enough) found.push({ start, end: start + value.length, known: match.index });
    scheme.lastIndex = start + whole.length;
  }
  return found;
}

/** Base64 of `user:password`. */
function isBasic(value: string): boolean {
  if (!/^[A-Za-z0-9+/_-]{4,}={0,2}$/.test(value)) return false;
  const decoded = Buffer.from(value.slice(0, 400), 'base64').toString('latin1');
  return /^[\x20-\x7e\xa0-\xff]*:[\x20-\x7e\xa0-\xff]*$/.test(decoded);
}

/** `scheme://user:password@host`, whatever the scheme. */
function userInfo(text: string): Finding[] {
  const found: Finding[] = [];
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const authority = /^[^\s/?#"'<>\\]*/.exec(text.slice(at + 3, at + 3 + 512))?.[0] ?? '';
    const sign = authority.lastIndexOf('@');
    if (sign <= 0) continue;
    const colon = authority.indexOf(':');
    const start = at + 3 + (colon >= 0 && colon < sign ? colon + 1 : 0);
    const end = at + 3 + sign;
    const alone = colon < 0 || colon > sign;
    // A user's name alone is no secret; GitHub and others take a token in its place.
    if (end > start && !isHarmless(text.slice(start, end), alone ? 'weak' : 'strong'))
      found.push({ start, end, known: at });
  }
  return found;
}

/** From `-----BEGIN … PRIVATE KEY-----` to `-----END`, or as far as it looks like a key. */
function privateKeys(text: string): Finding[] {
  const found: Finding[] = [];
  const body = /(?:[A-Za-z0-9+/=\\\s:,.()]|-(?!----))*/y;
  for (let at = text.indexOf('-----BEGIN'); at >= 0; at = text.indexOf('-----BEGIN', at)) {
    const head = /^-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/.exec(text.slice(at, at + 80))?.[0];
    const start = at + (head?.length ?? 10);
    body.lastIndex = start;
    const length = head ? (body.exec(text)?.[0].length ?? 0) : 0;
    if (length > 0) found.push({ start, end: start + length, known: at });
    at = start + length;
  }
  return found;
}

/** Shapes that need more than their beginning to be known. */
const rare = [
  // A key of Azure's storage; a hash of that length is announced as one.
  { mark: '==', before: 86, shape: /(?<!sha512-)(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==$/ },
  { mark: 'Q~', before: 4, after: 36, shape: /[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}/ },
  {
    mark: 'hooks.slack.com/',
    before: 0,
    after: 160,
    shape: /(?<=\/)[A-Z0-9]{8,}\/[A-Z0-9]{8,}\/[A-Za-z0-9]{16,}/,
  },
  { mark: '/api/webhooks/', before: 0, after: 120, shape: /(?<=\/\d{10,20}\/)[A-Za-z0-9_-]{40,}/ },
  // A bot of Telegram.
  { mark: ':AA', before: 11, after: 34, shape: /(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{32,}/ },
];

function rareShapes(text: string): Finding[] {
  const found: Finding[] = [];
  for (const { mark, before, after = 0, shape } of rare)
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) {
      const from = Math.max(0, at - before - 10);
      const match = shape.exec(text.slice(from, at + mark.length + after));
      if (match)
        found.push({
          start: from + match.index,
          end: from + match.index + match[0].length,
          known: from + match.index,
        });
    }
  return found;
}
