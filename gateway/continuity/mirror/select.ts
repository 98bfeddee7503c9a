/** Which entries the mirror begins with now, of those that are owed. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { IsShared, OwedEntry } from '../journal/mirrored.ts';
import { entityKeys } from '../protocol/keys.ts';
import type { Sides } from '../sides/sides.ts';
import { HeldKeys, noReplay } from './held-keys.ts';
import { takesAway } from './order/removals.ts';
import type { Waits } from './order/waits.ts';
import { beginsWork } from './order/work.ts';
import { Places } from './places.ts';

export interface SelectOptions {
  sides: Sides;
  isShared: IsShared;
  waits: Waits;
  concurrency?: Partial<Record<BackendName, number>> | undefined;
  /** Whether the entry's place among others is known. */
  isInOrder(entry: OwedEntry): boolean;
  isOrdering(id: string): boolean;
  /** Whether a write that is under way still overlapped with the entry. */
  isOverlapping(id: string): boolean;
  /** By `performance.now()`. */
  retryAt(id: string): number;
}

/** `order`: its place among others is found first. `mark`: it is next, and can be marked as sent before its turn. */
export interface Action {
  do: 'start' | 'order' | 'mark';
  entry: OwedEntry;
}

export interface Selection {
  /** In the order in which they are to be begun. */
  actions: Action[];
  /** How many of the window stand behind an entry that waits. */
  behindWaits: number;
  /** When the first failed entry is tried again, by `performance.now()`; infinite where none is. */
  wakesAt: number;
}

/** Of one key the entries are begun in the order of the window; others do not wait for it. */
export function select(
  window: readonly OwedEntry[],
  running: readonly OwedEntry[],
  options: SelectOptions,
): Selection {
  const { sides, isShared, waits, concurrency = {} } = options;
  const begins = (entry: OwedEntry) => entryBeginsWork(entry, sides);
  const places = new Places(running, { concurrency, waits, beginsWork: begins });
  const held = new HeldKeys(isShared);
  /** Keys that an earlier entry of the window is to have. */
  const wanted = new HeldKeys(isShared);
  /** Keys of entries that wait for work, and of what stands behind those. */
  const stalled = new HeldKeys(isShared);
  for (const entry of running) {
    const wait = waits.get(entry.id);
    held.add(entry, wait?.isTaken);
    if (wait) stalled.add(entry, wait.isTaken);
  }
  const mayPass = passing(window, sides);
  const now = performance.now();
  const selection: Selection = { actions: [], behindWaits: 0, wakesAt: Number.POSITIVE_INFINITY };
  for (const entry of window) {
    const passes = mayPass(entry);
    const retryAt = options.retryAt(entry.id);
    const isFree = !held.has(entry, passes) && retryAt <= now && places.hasFor(entry, passes);
    if (isFree && options.isInOrder(entry)) {
      places.take(entry);
      selection.actions.push({ do: 'start', entry });
      held.add(entry);
      continue;
    }
    if (isFree) {
      if (!options.isOverlapping(entry.id)) selection.actions.push({ do: 'order', entry });
    } else if (retryAt > now) selection.wakesAt = Math.min(selection.wakesAt, retryAt);
    else if (!wanted.has(entry, passes)) selection.actions.push(...prepare(entry, options));
    if (stalled.has(entry, passes)) {
      selection.behindWaits += 1;
      stalled.add(entry);
    }
    wanted.add(entry);
    held.add(entry);
  }
  return selection;
}

/** What can be done with the entry that is next when those that run come to their end. */
function prepare(entry: OwedEntry, options: SelectOptions): Action[] {
  if (options.isInOrder(entry)) return [{ do: 'mark', entry }];
  const isOrdered = options.isOrdering(entry.id) || options.isOverlapping(entry.id);
  return isOrdered ? [] : [{ do: 'order', entry }];
}

export function entryBeginsWork({ route }: OwedEntry, sides: Sides): boolean {
  return route !== noReplay && beginsWork(sides.routeOf(route), sides.table);
}

/**
 * Neither the removal of an entity nor what begins work in the entity before that waits for work in it: others may wait for the
 * removal, as it changes a list.
 */
function passing(window: readonly OwedEntry[], sides: Sides): (entry: OwedEntry) => boolean {
  const removals = window.filter(({ route }) => takesAway(sides.routeOf(route)) === 'whole');
  const ids = new Set(removals.map(({ id }) => id));
  const keys = new Set(removals.flatMap((removal) => entityKeys(removal.keys)));
  const isIn = (entry: OwedEntry) => entry.keys.some((key) => keys.has(key));
  return (entry) => ids.has(entry.id) || (keys.size > 0 && entryBeginsWork(entry, sides) && isIn(entry));
}
