/**
 * How long legacy's lists are that replays add to, where one replay follows another at once: then legacy need not be looked at
 * before each. Nothing else adds to them meanwhile, as a key stays with its side for as long as something of it is owed. So a length
 * is known from one replay of a key to the next, whatever that is, and only while the next one is owed already.
 */

export interface Tail {
  /** The route that shows the list. */
  read: string;
  length: number;
}

export class Tails {
  readonly #byKey = new Map<string, Tail>();

  /** What is known of entities before a replay of them; forgotten, as the replay may fail. */
  take(keys: readonly string[]): Map<string, Tail> {
    const taken = new Map<string, Tail>();
    for (const key of keys) {
      const tail = this.#byKey.get(key);
      if (tail) taken.set(key, tail);
      this.#byKey.delete(key);
    }
    return taken;
  }

  /** What is known for the next replay, which is owed already. */
  keep(tails: Iterable<[key: string, tail: Tail]>): void {
    for (const [key, tail] of tails) this.#byKey.set(key, tail);
  }

  /** What was to come next does not come. */
  clear(): void {
    this.#byKey.clear();
  }
}
