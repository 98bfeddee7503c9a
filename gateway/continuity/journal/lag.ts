/**
 * What each side has still to be given: a set of entries by key, not a highest number. In memory, and right for one gateway;
 * PostgreSQL has the truth, and a start loads it from there.
 */
import type { BackendName } from '../../../contract/route-table.ts';
import { kindOf, type Touched } from '../keys/keys.ts';

interface Open {
  side: BackendName;
  keys: Set<string>;
  state: 'open' | 'owed' | 'pinned';
}

/** What keeps a side from being asked: writes of the other that are under way, still to be applied, or stuck. */
export type Behind = Record<Open['state'], boolean>;

export class Lag {
  readonly #entries = new Map<string, Open>();
  readonly #byKey = new Map<string, Set<Open>>();
  #waiting = Promise.withResolvers<void>();

  admitted(id: string, side: BackendName, keys: readonly string[]): void {
    const entry: Open = { side, keys: new Set(), state: 'open' };
    this.#entries.set(id, entry);
    this.#addKeys(entry, keys);
  }

  /** From a start: the other side is still to be given it. */
  loaded(id: string, side: BackendName, keys: readonly string[], isPinned: boolean): void {
    this.admitted(id, side, keys);
    const entry = this.#entries.get(id);
    if (entry) entry.state = isPinned ? 'pinned' : 'owed';
  }

  settled(id: string, madeKeys: readonly string[], owed: boolean): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#addKeys(entry, madeKeys);
    if (owed) entry.state = 'owed';
    else this.#remove(id, entry);
    this.#changed();
  }

  pinned(id: string, isPinned: boolean): void {
    const entry = this.#entries.get(id);
    if (entry) entry.state = isPinned ? 'pinned' : 'owed';
    this.#changed();
  }

  /** Void, applied or skipped. */
  gone(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#remove(id, entry);
    this.#changed();
  }

  /** What keeps `side` from being current for what a request touches. */
  behind(side: BackendName, { keys, every }: Touched): Behind {
    const found: Behind = { open: false, owed: false, pinned: false };
    const look = (entry: Open) => {
      if (entry.side !== side) found[entry.state] = true;
    };
    for (const key of keys) for (const entry of this.#byKey.get(key) ?? []) look(entry);
    if (every.length > 0)
      for (const entry of this.#entries.values())
        for (const key of entry.keys) if (every.includes(kindOf(key))) look(entry);
    return found;
  }

  /** Entries by state, for people. */
  counts(): Record<Open['state'], number> {
    const counts = { open: 0, owed: 0, pinned: 0 };
    for (const { state } of this.#entries.values()) counts[state] += 1;
    return counts;
  }

  /** Resolves with the next change, or after `milliseconds`. */
  async change(milliseconds: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, milliseconds));
    await Promise.race([this.#waiting.promise, late]);
    clearTimeout(timer);
  }

  #addKeys(entry: Open, keys: readonly string[]): void {
    for (const key of keys) {
      entry.keys.add(key);
      const set = this.#byKey.get(key);
      if (set) set.add(entry);
      else this.#byKey.set(key, new Set([entry]));
    }
  }

  #remove(id: string, entry: Open): void {
    this.#entries.delete(id);
    for (const key of entry.keys) {
      const set = this.#byKey.get(key);
      set?.delete(entry);
      if (set?.size === 0) this.#byKey.delete(key);
    }
  }

  #changed(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers<void>();
  }
}
