/**
 * Stand-ins for secrets: of the same shape and length, the same one for the same secret in one recording, and no way back
 * (a keyed hash whose key is not kept).
 */
import { createCipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Secrets beyond this many are masked instead of told apart, so that memory stays bounded. */
const MOST = 20_000;

/** A scheme before a credential stays: `Bearer `. */
const scheme = /^((?:Bearer|Basic|Token|Digest|Negotiate|ApiKey) +)(.*)$/is;
/** What a vendor's keys begin with stays, so that a reader sees what stood there. */
const prefix =
  /^(?:AIza|ya29\.|GOCSPX-|sk-(?:proj-|ant-)?|[srp]k_(?:live|test)_|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|npm_|pypi-|hf_|SG\.|dop_v1_|shp[a-z]{2}_|A[KS]IA|eyJ)/;

export class StandIns {
  readonly #key: KeyObject;
  readonly #known = new Map<string, string>();

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** Every stand-in given out. */
  all(): string[] {
    return [...new Set(this.#known.values())].sort();
  }

  /** Every secret that one was given for. */
  secrets(): string[] {
    return [...this.#known.keys()].sort();
  }

  /** Of the same length as the secret. */
  for(secret: string): string {
    const { lead, rest } = schemeOf(secret);
    return lead + this.#of(rest);
  }

  #of(secret: string): string {
    const known = this.#known.get(secret);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST) return masked(secret);
    const kept = prefix.exec(secret)?.[0] ?? '';
    const rest = secret.slice(kept.length);
    let standIn = secret;
    // A short value can hash to itself.
    for (let attempt = 0; standIn === secret && attempt < 8; attempt += 1)
      standIn = kept + reshaped(rest, noise(this.#key, `${attempt} ${secret}`, rest.length + 1));
    this.#known.set(secret, standIn);
    return standIn;
  }
}

export function schemeOf(secret: string): { lead: string; rest: string } {
  const [, lead = '', rest = secret] = scheme.exec(secret) ?? [];
  return { lead, rest };
}

/** Bytes that depend on key and text alone. The text is hashed once, however long it is. */
function noise(key: KeyObject, text: string, length: number): Buffer {
  const seed = createHmac('sha512', key).update(text, 'latin1').digest();
  if (length <= seed.length) return seed;
  return createCipheriv('aes-256-ctr', seed.subarray(0, 32), Buffer.alloc(16)).update(Buffer.alloc(length));
}

const masked = (secret: string) => reshaped(secret, Buffer.alloc(secret.length + 1));

/**
 * Other letters for letters, digits for digits; punctuation stays, and escapes stay escapes, so that JSON stays JSON.
 * A UTF-8 sequence becomes another of its length. A number does not come to begin with a zero, which JSON forbids.
 */
function reshaped(text: string, random: Buffer): string {
  const isNumber = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
  let at = 0;
  const next = (count: number) => (random[at++] ?? 0) % count;
  const code = (base: number, count: number) => String.fromCharCode(base + next(count));
  let first = true;
  const shape =
    /\\u[0-9A-Fa-f]{4}|\\.|%[0-9A-Fa-f]{2}|[A-Z]|[a-z]|\d|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/gs;
  return text.replace(shape, (piece) => {
    if (/^\\u/.test(piece)) return `\\u04${(0x30 + next(32)).toString(16)}`;
    if (piece.startsWith('%')) return percent(piece, next);
    if (piece.length === 2 && piece < '\x80') return piece;
    if (/^\d/.test(piece)) {
      const leads = first;
      first = false;
      if (!isNumber || !leads) return code(48, 10);
      return piece === '0' ? '0' : code(49, 9);
    }
    if (isNumber) return piece;
    if (/^[A-Z]/.test(piece)) return code(65, 26);
    if (/^[a-z]/.test(piece)) return code(97, 26);
    if (piece.length === 2) return `\xd0${code(0xb0, 16)}`;
    if (piece.length === 3) return `\xe4\xb8${code(0x80, 64)}`;
    return `\xf0\x9f\x98${code(0x80, 64)}`;
  });
}

/** A letter or a digit becomes another; so does what follows the first byte of a character that is not ASCII. */
function percent(piece: string, next: (count: number) => number): string {
  const byte = Number.parseInt(piece.slice(1), 16);
  const char = String.fromCharCode(byte);
  let other = byte;
  if (/[A-Z]/.test(char)) other = 65 + next(26);
  else if (/[a-z]/.test(char)) other = 97 + next(26);
  else if (/\d/.test(char)) other = 48 + next(10);
  else if (byte >= 0x80 && byte < 0xc0) other = 0x80 + next(64);
  return `%${other.toString(16).toUpperCase()}`;
}
