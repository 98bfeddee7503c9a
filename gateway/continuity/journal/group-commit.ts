/** Group commit: items that arrive during a write go together in the next one, in one round trip. */
import { setImmediate as immediate } from 'node:timers/promises';
import { isAway } from '@banyan/operations/db/away.ts';

/** A statement's values are in memory several times. */
const most = 64;

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export class GroupCommit<Item, Result> {
  readonly #write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly #waiting: Waiting<Item, Result>[] = [];
  #isWriting = false;

  /** @param write of one transaction; its results are in the order of the items */
  constructor(write: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#write = write;
  }

  /** Resolves once the item is written. @throws what `write` does; a failing item does not fail the rest of its batch */
  add(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#isWriting) void this.#go();
    return promise;
  }

  async #go(): Promise<void> {
    this.#isWriting = true;
    // Items that arrive in the same turn go with the first.
    await immediate();
    while (this.#waiting.length > 0) await this.#writeAll(this.#waiting.splice(0, most));
    this.#isWriting = false;
  }

  async #writeAll(together: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#write(together.map(({ item }) => item));
      for (const [i, { resolve }] of together.entries()) resolve(results[i] as Result);
    } catch (error) {
      if (together.length === 1 || isAway(error)) for (const { reject } of together) reject(error);
      // A failing item does not fail the rest of its batch.
      else for (const alone of together) await this.#writeAll([alone]);
    }
  }
}
