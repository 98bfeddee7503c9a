/** Keys that the first sync holds for a moment: a write to one of them is admitted once it lets go. */
export class Holds {
  readonly #held = new Map<string, Promise<void>>();

  /** @returns what lets go of the key. The caller holds a key on which nothing is in flight, and only briefly */
  hold(key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held.set(key, promise);
    return () => {
      if (this.#held.get(key) === promise) this.#held.delete(key);
      resolve();
    };
  }

  /** Resolves once none of the keys is held. */
  async free(keys: readonly string[]): Promise<void> {
    for (;;) {
      const held = keys.flatMap((key) => this.#held.get(key) ?? []);
      if (held.length === 0) return;
      await Promise.all(held);
    }
  }
}
