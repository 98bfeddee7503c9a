/**
 * Which writes wait behind a stuck one. A write that waits blocks its own keys in turn: a comment waits for its article, which waits
 * for its author, though the comment and the author share no key.
 */

export interface Blockable {
  id: string;
  keys: Iterable<string>;
}

/** Entries are to be placed in the order in which they are replayed: an entry is blocked by earlier ones only. */
export class BlockedKeys<Entry extends Blockable> {
  readonly #isShared: (entry: Entry, key: string) => boolean;
  /** By key, the stuck entries that it is blocked by. `shared`: the key stays free for entries that may share it. */
  readonly #byKey = new Map<string, Record<'alone' | 'shared', Set<string>>>();

  /** @param isShared whether an entry may have a key beside others that may */
  constructor(isShared: (entry: Entry, key: string) => boolean) {
    this.#isShared = isShared;
  }

  /** @returns the ids of the stuck entries that this one waits behind; its own too if it is stuck itself */
  place(entry: Entry, isStuck: boolean): ReadonlySet<string> {
    const blockers = this.#blockersOf(entry);
    if (isStuck) blockers.add(entry.id);
    if (blockers.size > 0) for (const key of entry.keys) this.#block(key, entry, blockers);
    return blockers;
  }

  #blockersOf(entry: Entry): Set<string> {
    const blockers = new Set<string>();
    for (const key of entry.keys) {
      const blocked = this.#byKey.get(key);
      if (!blocked) continue;
      for (const id of blocked.alone) blockers.add(id);
      if (!this.#isShared(entry, key)) for (const id of blocked.shared) blockers.add(id);
    }
    return blockers;
  }

  #block(key: string, entry: Entry, blockers: ReadonlySet<string>): void {
    const blocked = this.#byKey.get(key) ?? { alone: new Set<string>(), shared: new Set<string>() };
    this.#byKey.set(key, blocked);
    const which = this.#isShared(entry, key) ? blocked.shared : blocked.alone;
    for (const id of blockers) which.add(id);
  }
}
