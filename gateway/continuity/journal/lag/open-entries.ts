/** Writes that are not on both sides yet, by id and by key. */
import type { BackendName } from '@banyan/route-table/route-table.ts';

/** Whether the side that was left behind was written to since, or has the entry by now. */
export type Overtaken = 'waiting' | 'taken' | null;

/** A write from its admission until the other side has it. */
export interface Open {
  id: string;
  side: BackendName;
  keys: Set<string>;
  /** `left`: the other side serves without it, as a person has decided. */
  state: 'open' | 'owed' | 'pinned' | 'left';
  /** A person has to decide about it; possible in the states `pinned` and `left`. */
  isStuck: boolean;
  /** It waits behind an entry that is stuck. */
  isBlocked: boolean;
  /** Of an entry that was left behind: whether the other side was written to since, or has it by now. */
  overtaken: Overtaken;
  /**
   * When: as this process counts; of what an earlier one left, in seconds by the database's clock, which are fewer than where
   * this process begins to count.
   */
  admitted: number;
  settled: number;
  /** An earlier process left it. */
  isFromBefore: boolean;
  /** Legacy cannot be at work on it any more, and does not show whether it has done it. */
  isStalled?: boolean;
}

export class OpenEntries {
  readonly #entries = new Map<string, Open>();
  readonly #byKey = new Map<string, Set<Open>>();

  get(id: string): Open | undefined {
    return this.#entries.get(id);
  }

  /** In the order of their admission. */
  all(): Iterable<Open> {
    return this.#entries.values();
  }

  /** Those that touch a key. */
  on(key: string): Iterable<Open> {
    return this.#byKey.get(key) ?? [];
  }

  add(entry: Open): void {
    this.#entries.set(entry.id, entry);
  }

  addKeys(entry: Open, keys: readonly string[]): void {
    for (const key of keys) {
      entry.keys.add(key);
      const set = this.#byKey.get(key);
      if (set) set.add(entry);
      else this.#byKey.set(key, new Set([entry]));
    }
  }

  remove(entry: Open): void {
    this.#entries.delete(entry.id);
    for (const key of entry.keys) {
      const set = this.#byKey.get(key);
      set?.delete(entry);
      if (set?.size === 0) this.#byKey.delete(key);
    }
  }
}
