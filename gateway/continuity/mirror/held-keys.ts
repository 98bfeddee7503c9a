/** Which keys replays have, one at a time for a key, or several where they all may share it. */
import type { IsShared, OwedEntry } from '../journal/mirrored.ts';
import type { Sides } from '../sides/sides.ts';

/** `new` is told all of what is made, so that creates beside each other make no difference there. */
export const sharedKeys =
  (sides: Pick<Sides, 'routeOf'>): IsShared =>
  ({ route, side }, key) =>
    side === 'legacy' && key.startsWith('list:') && sides.routeOf(route).probe?.shows === 'element-added';

export class HeldKeys {
  readonly #isShared: (entry: OwedEntry, key: string) => boolean;
  readonly #held = new Map<string, 'alone' | 'shared'>();

  /** @param isShared whether an entry may have a key beside others that may */
  constructor(isShared: (entry: OwedEntry, key: string) => boolean) {
    this.#isShared = isShared;
  }

  add(entry: OwedEntry): void {
    for (const key of entry.keys)
      this.#held.set(key, this.#isShared(entry, key) && this.#held.get(key) !== 'alone' ? 'shared' : 'alone');
  }

  /** Whether a key of the entry is held so that it has to wait. */
  has(entry: OwedEntry): boolean {
    return entry.keys.some((key) => {
      const held = this.#held.get(key);
      return held === 'alone' || (held === 'shared' && !this.#isShared(entry, key));
    });
  }
}
