/** Writes that were asked while something was going on. */

import { writtenMoment } from '@banyan/route-table/local-time.ts';
import { type Entry, loadEntries, momentAgo } from '../../journal/entries.ts';
import type { JournalDb } from '../../journal/tables.ts';
import { entityKeys } from '../../protocol/keys.ts';
import { LegacyClock } from '../../sides/legacy-clock.ts';
import type { Sides } from '../../sides/sides.ts';
import { beginnersOf, endOf, presumed } from './work.ts';

/**
 * Whether something that an earlier write had begun was still going on, on the side that served them both, when an entry was
 * admitted: then what that side knew is a matter of the moment, and the other one may have known more.
 */
export async function wasBesideWork(db: JournalDb, entry: Entry, sides: Sides): Promise<boolean> {
  const beginners = beginnersOf(sides.table);
  const keys = entityKeys(entry.keys);
  if (beginners.length === 0 || keys.length === 0) return false;
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('e.id')
    .distinct()
    .where('k.key', 'in', keys)
    .where('e.side', '=', entry.side)
    .where('e.state', '=', 'settled')
    .where('e.id', '!=', entry.id)
    .where('e.admitted_at', '<=', entry.admittedAt)
    .where('e.route', 'in', beginners)
    .execute();
  const begun = await loadEntries(
    db,
    rows.map(({ id }) => id),
  );
  const at = momentAgo(entry, entry.admittedAgo);
  for (const earlier of begun) if (await wasUnderWay(earlier, at, sides)) return true;
  return false;
}

/** Two clocks, the gateway's and that of a backend, as far as the second one is known. In milliseconds. */
const tolerance = 250;

/** @param at in milliseconds since 1970 */
async function wasUnderWay(entry: Entry, at: number, sides: Sides): Promise<boolean> {
  const end = await endOf(entry, sides);
  if (end.is === 'unknown') return false;
  if (end.is !== 'ended') return true;
  if (end.at === undefined) return at < momentAgo(entry, entry.admittedAgo) + presumed;
  const clock = entry.side === 'legacy' ? sides.clock : ownClock;
  return writtenMoment(end.at) - clock.between(at, Date.now()).least >= at - tolerance;
}

/** The new backend's, which runs on the gateway's machine and in its zone. */
const ownClock = new LegacyClock();
