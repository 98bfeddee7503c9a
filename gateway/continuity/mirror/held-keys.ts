/**
 * Which keys replays hold: one replay at a time for a key, or several that may all share it. A replay whose work only goes on
 * lets those pass that need not wait for the end of it.
 */
import type { OwedEntry } from '../journal/mirrored.ts';

type How = 'alone' | 'shared' | 'letting pass';

export class HeldKeys {
  readonly #isShared: (entry: OwedEntry, key: string) => boolean;
  readonly #held = new Map<string, How>();

  /** @param isShared whether an entry may have a key beside others that may */
  constructor(isShared: (entry: OwedEntry, key: string) => boolean) {
    this.#isShared = isShared;
  }

  /** @param letsPass whether the entry lets those pass that may */
  add(entry: OwedEntry, letsPass = false): void {
    for (const key of entry.keys) this.#held.set(key, this.#howHeld(entry, key, letsPass));
  }

  /**
   * Whether a key of the entry is held so that it has to wait.
   * @param mayPass whether it need not wait for work that goes on
   */
  has(entry: OwedEntry, mayPass = false): boolean {
    return entry.keys.some((key) => {
      const held = this.#held.get(key);
      if (held === 'letting pass') return !mayPass;
      return held === 'alone' || (held === 'shared' && !this.#isShared(entry, key));
    });
  }

  #howHeld(entry: OwedEntry, key: string, letsPass: boolean): How {
    const held = this.#held.get(key);
    if (held === 'alone') return held;
    if (letsPass) return held ?? 'letting pass';
    return this.#isShared(entry, key) && held !== 'letting pass' ? 'shared' : 'alone';
  }
}
