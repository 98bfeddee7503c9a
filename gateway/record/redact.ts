/**
 * Puts stand-ins in the place of secrets: same shape, same length, the same one wherever the secret stands in a
 * recording, and no way back (a keyed hash whose key is not kept). Texts are handled as Latin-1 strings, a character a
 * byte, so that lengths hold and bytes that are no UTF-8 pass unharmed.
 */
import { createHmac } from 'node:crypto';
import type { RedactionRules } from './patterns.ts';

/** From start (inclusive) to end (exclusive); `known` is where that begins by which it is known for a secret. */
type Range = [start: number, end: number, known: number];

/** Longer values are not looked for in other places once seen; no key or token is. */
const LONGEST_REMEMBERED = 4096;

export class Redactor {
  readonly #key: Uint8Array;
  readonly #headers: ReadonlySet<string>;
  readonly #patterns: RegExp[];
  readonly #standIns = new Map<string, string>();
  /** Secrets seen in a header or field, which are then known wherever they stand. */
  readonly #remembered = new Set<string>();
  /** Values replaced so far, repetitions counted. */
  replaced = 0;

  constructor(rules: RedactionRules, key: Uint8Array) {
    this.#key = key;
    this.#headers = new Set(rules.headers);
    const fields = rules.fields.map((field) => field.replace(/[^\w]/g, '\\$&')).join('|');
    this.#patterns = [
      ...rules.patterns.map(
        ({ pattern }) => new RegExp(pattern.source, [...new Set(`${pattern.flags}dg`)].join('')),
      ),
      new RegExp(`"(?:${fields})"\\s*:\\s*"(?<secret>(?:[^"\\\\]|\\\\.)+)`, 'dgis'),
      new RegExp(`(?:^|[?&])(?:${fields})=(?<secret>[^&#\\s"]+)`, 'dgi'),
      // A field of a multipart form: its headers, an empty line, its value.
      new RegExp(
        `\\bname="?(?:${fields})"?(?:[^\\r\\n]*\\r?\\n)(?:[^\\r\\n]+\\r?\\n)*\\r?\\n(?<secret>[^\\r\\n]+)`,
        'dgi',
      ),
    ];
  }

  /** Every stand-in given out, for the reader of the recording. */
  standIns(): string[] {
    return [...new Set(this.#standIns.values())].sort();
  }

  /** Everything that was taken for a secret so far. */
  secrets(): string[] {
    return [...this.#standIns.keys()].sort();
  }

  /** Name, value pairs of a raw header list, secrets replaced. */
  headers(rawHeaders: readonly string[]): { name: string; value: string }[] {
    const pairs: { name: string; value: string }[] = [];
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? '';
      pairs.push({ name, value: this.#headerValue(name.toLowerCase(), rawHeaders[i + 1] ?? '') });
    }
    return pairs;
  }

  #headerValue(name: string, value: string): string {
    if (!this.#headers.has(name)) return this.text(value);
    if (name === 'cookie')
      return value.replace(/([^=;]+=)([^;]+)/g, (_, key: string, v: string) => key + this.#secret(v));
    if (name === 'set-cookie')
      return value.replace(/^([^=;]*=)([^;]+)/, (_, key: string, v: string) => key + this.#secret(v));
    return this.#secret(value);
  }

  /** A whole text, secrets replaced. */
  text(text: string): string {
    return this.#replace(text, 0, text.length, this.find(text, 0));
  }

  /** A text that comes in pieces; nothing of it is let out before it is known whether a secret goes on in the next. */
  stream(): RedactingStream {
    return new RedactingStream(
      (text, from) => this.find(text, from),
      (text, from, to, ranges) => this.#replace(text, from, to, ranges),
    );
  }

  /** Where secrets stand in `text` at or after `from`; what is before it is only looked back at. */
  find(text: string, from: number): Range[] {
    if (text.includes('\0')) return this.#findInWideText(text, from);
    const ranges: Range[] = [];
    for (const pattern of this.#patterns) {
      pattern.lastIndex = from;
      for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
        const [start, end] = match.indices?.groups?.secret ?? match.indices?.[0] ?? [0, 0];
        if (match.groups?.secret) this.#remember(match.groups.secret);
        ranges.push([start, end, match.index]);
        if (match[0] === '') pattern.lastIndex += 1;
      }
    }
    for (const secret of this.#remembered)
      for (let at = text.indexOf(secret, from); at >= 0; at = text.indexOf(secret, at + secret.length))
        ranges.push([at, at + secret.length, at]);
    return united(ranges);
  }

  /** UTF-16 and UTF-32: secrets are ASCII, so they are found once the zero bytes are out of the way. */
  #findInWideText(text: string, from: number): Range[] {
    const places: number[] = [];
    let narrow = '';
    for (let i = from; i < text.length; i += 1)
      if (text[i] !== '\0') {
        places.push(i);
        narrow += text[i];
      }
    const place = (index: number) => places[index] ?? from;
    return this.find(narrow, 0).map(([start, end, known]) => [
      place(start),
      place(end - 1) + 1,
      place(known),
    ]);
  }

  #replace(text: string, from: number, to: number, ranges: Range[]): string {
    let out = '';
    let at = from;
    for (const [start, end] of ranges) {
      if (start >= to) break;
      out += text.slice(at, start) + this.#wideSecret(text.slice(start, end));
      at = end;
    }
    return out + text.slice(at, Math.max(at, to));
  }

  #wideSecret(secret: string): string {
    if (!secret.includes('\0')) return this.#secret(secret);
    const standIn = this.#secret(secret.replaceAll('\0', ''));
    let at = 0;
    return secret.replace(/[^\0]/g, () => standIn[at++] ?? '');
  }

  #remember(secret: string): void {
    if (secret.length < 12 || secret.length > LONGEST_REMEMBERED) return;
    // A value that reads like a word is not remembered: it would be replaced in people's sentences.
    if (/\d/.test(secret) && /[A-Za-z]/.test(secret)) this.#remembered.add(secret);
  }

  /** A secret's stand-in; a scheme (`Bearer `) and a well-known prefix (`AIza`) stay. */
  #secret(secret: string): string {
    const [, scheme = '', rest = secret] =
      /^((?:Bearer|Basic|Token|Digest|Negotiate) +)(.*)$/is.exec(secret) ?? [];
    this.#remember(rest);
    this.replaced += 1;
    return scheme + this.#standIn(rest);
  }

  #standIn(secret: string): string {
    const known = this.#standIns.get(secret);
    if (known !== undefined) return known;
    const prefix =
      /^(?:AIza|ya29\.|sk-(?:proj-|ant-)?|gh[pousr]_|github_pat_|xox[abprs]-|AKIA|ASIA|eyJ)/.exec(
        secret,
      )?.[0] ?? '';
    const rest = secret.slice(prefix.length);
    let standIn = secret;
    // A short value can hash to itself.
    for (let attempt = 0; standIn === secret && attempt < 8; attempt += 1)
      standIn = prefix + reshaped(rest, noise(this.#key, `${attempt} ${secret}`));
    this.#standIns.set(secret, standIn);
    return standIn;
  }
}

/** Lets text through once a secret can no longer begin in it and end later. */
export class RedactingStream {
  /** The longest secret, with what is needed to know it, that is certain to be caught across pieces. */
  static readonly window = 8192;
  /** A secret that is still not over after this much is replaced as far as it has come. */
  static readonly longest = 1024 * 1024;
  readonly #find: (text: string, from: number) => Range[];
  readonly #replace: (text: string, from: number, to: number, ranges: Range[]) => string;
  #before = '';
  #held = '';

  constructor(
    find: (text: string, from: number) => Range[],
    replace: (text: string, from: number, to: number, ranges: Range[]) => string,
  ) {
    this.#find = find;
    this.#replace = replace;
  }

  write(piece: Uint8Array): Buffer {
    this.#held += Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
    if (this.#held.length <= 2 * RedactingStream.window) return Buffer.alloc(0);
    return this.#release(this.#held.length - RedactingStream.window);
  }

  end(): Buffer {
    return this.#release(this.#held.length);
  }

  #release(count: number): Buffer {
    const text = this.#before + this.#held;
    const from = this.#before.length;
    const ranges = this.#find(text, from);
    let to = from + count;
    for (const [, end, known] of ranges)
      if (known < to && to < end) to = text.length - known > RedactingStream.longest ? end : known;
    const released = this.#replace(text, from, to, ranges);
    this.#before = text.slice(Math.max(0, to - 64), to);
    this.#held = text.slice(to);
    return Buffer.from(released, 'latin1');
  }
}

function united(ranges: Range[]): Range[] {
  const out: Range[] = [];
  for (const range of ranges.sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = out.at(-1);
    if (last && range[0] < last[1]) {
      last[1] = Math.max(last[1], range[1]);
      last[2] = Math.min(last[2], range[2]);
    } else out.push([...range]);
  }
  return out;
}

/** An endless run of bytes that depend on key and text alone. */
function* noise(key: Uint8Array, text: string): Generator<number, never> {
  for (let block = 0; ; block += 1)
    yield* createHmac('sha256', key).update(`${block} `).update(text, 'latin1').digest();
}

/**
 * Other letters for letters, digits for digits; punctuation stays, and escapes stay escapes, so that JSON stays JSON.
 * A UTF-8 sequence becomes another of its length.
 */
function reshaped(text: string, random: Generator<number, never>): string {
  const next = (count: number) => random.next().value % count;
  const code = (base: number, count: number) => String.fromCharCode(base + next(count));
  const shape =
    /\\u[0-9A-Fa-f]{4}|\\.|%[0-9A-Fa-f]{2}|[A-Z]|[a-z]|\d|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/gs;
  return text.replace(shape, (piece) => {
    if (/^\\u/.test(piece)) return `\\u04${(0x30 + next(32)).toString(16)}`;
    if (piece.length === 2 && piece < '\x80') return piece;
    if (/^%/.test(piece)) return piece;
    if (/^[A-Z]/.test(piece)) return code(65, 26);
    if (/^[a-z]/.test(piece)) return code(97, 26);
    if (/^\d/.test(piece)) return code(48, 10);
    if (piece.length === 2) return `\xd0${code(0xb0, 16)}`;
    if (piece.length === 3) return `\xe4\xb8${code(0x80, 64)}`;
    return `\xf0\x9f\x98${code(0x80, 64)}`;
  });
}
