/**
 * Secrets that were seen in a header or a field, found again wherever they stand. A text is read once, with a rolling hash
 * over as many characters as the shortest secret has; only where that hash is known is a secret compared.
 */
import type { Finding } from './finding.ts';

/** Shorter values are not looked for elsewhere: they stand in ordinary texts too. */
const SHORTEST = 12;
/** Longer values are not looked for elsewhere; no key or token is longer. */
const LONGEST = 4096;
/** How many are remembered, and how many of those that begin alike; further ones are replaced in their own place alone. */
const MOST = 20_000;
const MOST_ALIKE = 8;

const BASE = 257;
const BITS = 0xffff;

export class Remembered {
  readonly #byStart = new Map<string, string[]>();
  readonly #hashes = new Uint8Array(BITS + 1);
  #count = 0;

  add(secret: string): void {
    if (secret.length < SHORTEST || secret.length > LONGEST || this.#count >= MOST) return;
    // A value that reads like a word is not remembered: it would be replaced in people's sentences.
    if (!/\d/.test(secret) || !/[A-Za-z]/.test(secret)) return;
    const start = secret.slice(0, SHORTEST);
    const alike = this.#byStart.get(start);
    if (alike && (alike.length >= MOST_ALIKE || alike.includes(secret))) return;
    if (alike) alike.push(secret);
    else this.#byStart.set(start, [secret]);
    this.#count += 1;
    this.#hashes[hashOf(start) & BITS] = 1;
  }

  find(text: string): Finding[] {
    const found: Finding[] = [];
    if (this.#count === 0 || text.length < SHORTEST) return found;
    let hash = hashOf(text.slice(0, SHORTEST));
    for (let at = 0; ; at += 1) {
      if (this.#hashes[hash & BITS] === 1) {
        const length = this.#lengthAt(text, at);
        if (length > 0) found.push({ start: at, end: at + length, known: at });
      }
      if (at + SHORTEST >= text.length) return found;
      hash =
        (Math.imul(hash - Math.imul(text.charCodeAt(at), power), BASE) + text.charCodeAt(at + SHORTEST)) | 0;
    }
  }

  #lengthAt(text: string, at: number): number {
    let longest = 0;
    for (const secret of this.#byStart.get(text.slice(at, at + SHORTEST)) ?? [])
      if (secret.length > longest && text.startsWith(secret, at)) longest = secret.length;
    return longest;
  }
}

const power = Array.from({ length: SHORTEST - 1 }).reduce<number>((product) => Math.imul(product, BASE), 1);

function hashOf(start: string): number {
  let hash = 0;
  for (let i = 0; i < start.length; i += 1) hash = (Math.imul(hash, BASE) + start.charCodeAt(i)) | 0;
  return hash;
}
