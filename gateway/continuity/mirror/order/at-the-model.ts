/**
 * Messages that were at the model when their entity was deleted. The side that served them held on to what had been said, and brought it
 * back with the reply. The other side does the same only if it is given the deletion while its own model call waits.
 */
import type { Lag } from '../../journal/lag/lag.ts';
import type { OwedEntry } from '../../journal/mirrored.ts';
import { entityKeys } from '../../protocol/keys.ts';
import type { Sides } from '../../sides/sides.ts';
import { takesAway } from './removals.ts';

/**
 * @param removal that is about to be replayed
 * @param window owed entries in their order
 * @returns the messages that were asked before the deletion was and answered after it, and that come next after it; none for other entries
 */
export function messagesAcross(
  removal: OwedEntry,
  window: readonly OwedEntry[],
  { sides, lag }: { sides: Sides; lag: Lag },
): OwedEntry[] {
  if (!removal.overlapped || takesAway(sides.routeOf(removal.route)) !== 'whole') return [];
  const keys = new Set(entityKeys(removal.keys));
  const later = window
    .slice(window.indexOf(removal) + 1)
    .filter((entry) => entry.keys.some((key) => keys.has(key)));
  const isAcross = (entry: OwedEntry) => {
    const { relay, probe } = sides.routeOf(entry.route);
    const isMessage = relay !== undefined && probe?.shows === 'tail-added';
    return isMessage && entry.side === removal.side && lag.surrounds(entry.id, removal.id);
  };
  // What was written in between has begun the entity anew.
  const end = later.findIndex((entry) => !isAcross(entry));
  return later.slice(0, end < 0 ? undefined : end);
}
