/** Finds the places of entries that overlapped with others or that began work: each is held against those others first. */
import type { Logger } from '../../log.ts';
import { type Entry, loadEntry } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import type { IsShared, OwedEntry } from '../journal/mirrored.ts';
import type { Sides } from '../sides/sides.ts';
import { isNextToEnd } from './order/order-of-ends.ts';
import { isFirst } from './order/overlaps.ts';
import type { Waits } from './order/waits.ts';
import { entryBeginsWork } from './select.ts';

export interface OrderingOptions {
  journal: Journal;
  sides: Sides;
  isShared: IsShared;
  waits: Waits;
  log: Logger;
  presumedAfter?: number | undefined;
  load(ids: readonly string[]): Promise<Entry[]>;
}

export class Ordering {
  readonly #options: OrderingOptions;
  /** Entries whose turn it is. */
  readonly #ordered = new Set<string>();

  constructor(options: OrderingOptions) {
    this.#options = options;
  }

  /** Whether the entry need not be held against others, or has been. */
  isInOrder(entry: OwedEntry): boolean {
    if (this.#ordered.has(entry.id)) return true;
    if (entryBeginsWork(entry, this.#options.sides)) return false;
    return !entry.overlapped || this.#isMadeInAnyOrder(entry);
  }

  forget(id: string): void {
    this.#ordered.delete(id);
  }

  /** Holds an entry against others of the window. @returns whether it is its turn; otherwise the order has changed */
  async order(first: OwedEntry, window: readonly OwedEntry[], signal: AbortSignal): Promise<boolean> {
    const { journal, sides, load } = this.#options;
    const others = window.filter(
      (other) =>
        other !== first &&
        other.overlapped &&
        journal.lag.overlapped(first.id, other.id) &&
        this.#isOrderedWith(first, other),
    );
    const isNext =
      (await isFirst([first, ...others], { load, db: () => journal.db(), sides })) &&
      (await this.#isNextToEnd(first, signal));
    if (isNext) this.#ordered.add(first.id);
    return isNext;
  }

  /** The new backend is told the ids and times of a create, so that concurrent creates may come to it in any order. */
  #isMadeInAnyOrder(entry: OwedEntry): boolean {
    const { sides, isShared } = this.#options;
    const { probe } = sides.routeOf(entry.route);
    return probe?.shows === 'element-added' && entry.keys.some((key) => isShared(entry, key));
  }

  /** Whether two have a key that they may not have beside each other. */
  #isOrderedWith(one: OwedEntry, other: OwedEntry): boolean {
    const { isShared } = this.#options;
    return one.keys.some((key) => other.keys.includes(key) && !(isShared(one, key) && isShared(other, key)));
  }

  async #isNextToEnd(owed: OwedEntry, signal: AbortSignal): Promise<boolean> {
    const { journal, sides, waits, presumedAfter } = this.#options;
    if (!entryBeginsWork(owed, sides)) return true;
    const db = await journal.db();
    const entry = await loadEntry(db, owed.id);
    return !entry || isNextToEnd(db, entry, { sides, waits, presumedAfter }, signal);
  }
}
