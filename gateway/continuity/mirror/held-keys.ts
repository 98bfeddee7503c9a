/**
 * Which keys replays hold: one replay at a time for a key, or several that may all share it. A replay whose work only goes on
 * lets those pass that need not wait for the end of it.
 */
import type { IsShared, OwedEntry } from '../journal/mirrored.ts';
import type { Sides } from '../sides/sides.ts';

/** In the place of a route: the keys are held, and nothing is replayed. */
export const noReplay = '';

/**
 * Which entries may have a list beside others. An entity is taken out of a list in any order with others that are. What is made in a
 * list, legacy numbers by the length of the list; the new backend is told the number, so that creates and deletions beside each other
 * make no difference there.
 */
export const sharedKeys =
  (sides: Pick<Sides, 'routeOf'>): IsShared =>
  ({ route, side }, key) => {
    if (!key.startsWith('list:') || route === noReplay) return false;
    const { probe } = sides.routeOf(route);
    return probe?.shows === 'element-gone' || (side === 'legacy' && probe?.shows === 'element-added');
  };

type How = 'alone' | 'shared' | 'letting pass';

export class HeldKeys {
  readonly #isShared: IsShared;
  readonly #held = new Map<string, How>();

  /** @param isShared whether an entry may have a key beside others that may */
  constructor(isShared: IsShared) {
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
