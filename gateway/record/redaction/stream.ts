/** A text that comes in pieces; nothing of it is let out before it is known whether a secret goes on in the next. */
import { type Redactor, replaced } from './redactor.ts';

/** A text cannot be let out without a part of a secret; the exchange must be left out. */
export class Unredactable extends Error {}

export class RedactingStream {
  /** The longest secret, with what is needed to know it, that is certain to be caught across pieces. */
  static readonly window = 32 * 1024;
  /** What was let out already and is still looked back at, for a name or a beginning. */
  static readonly lookBack = 512;
  /** A secret that is longer is not waited for. */
  static readonly longest = 1024 * 1024;
  readonly #redactor: Redactor;
  #before = '';
  #held: Buffer[] = [];
  #size = 0;
  /** Not looked through again before so much is there: a long secret would be read anew with every piece. */
  #next = 4 * RedactingStream.window;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** @throws Unredactable */
  write(piece: Uint8Array): Buffer {
    this.#held.push(Buffer.from(piece));
    this.#size += piece.length;
    return this.#size < this.#next ? Buffer.alloc(0) : this.#release(this.#size - RedactingStream.window);
  }

  /** @throws Unredactable */
  end(): Buffer {
    return this.#release(this.#size);
  }

  #release(count: number): Buffer {
    const from = this.#before.length;
    const text = this.#before + Buffer.concat(this.#held).toString('latin1');
    const found = this.#redactor.find(text).filter(({ end }) => end > from);
    let to = from + count;
    for (const { known, end } of found.toReversed()) if (known < to && to < end) to = Math.max(from, known);
    if (text.length - to > RedactingStream.longest)
      throw new Unredactable('a secret in it is longer than 1 MiB');
    this.#redactor.replaced += found.filter(({ start }) => start < to).length;
    const released = replaced(text, found, from, to);
    this.#before = text.slice(Math.max(0, to - RedactingStream.lookBack), to);
    this.#held = [Buffer.from(text.slice(to), 'latin1')];
    this.#size = text.length - to;
    this.#next = Math.max(4 * RedactingStream.window, 2 * this.#size);
    return Buffer.from(released, 'latin1');
  }
}
