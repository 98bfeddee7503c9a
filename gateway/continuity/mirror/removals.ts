/** Writes that take something away, as the mirror tells them apart, and what the journal has of them. */
import type { Route } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import type { JournalDb } from '../journal/tables.ts';
import type { MirrorState } from '../protocol/entry.ts';
import type { Sides } from '../sides/sides.ts';
import { entityKeys } from '../times/shown-times.ts';

/**
 * What a write takes away: a whole entity, with everything in it and its row in the list, or a part of one.
 * @returns undefined where it takes nothing away
 */
export function takesAway({ probe, keys }: Pick<Route, 'probe' | 'keys'>): 'whole' | 'part' | undefined {
  if (probe?.shows !== 'element-gone') return undefined;
  const listed = new Set(keys.flatMap((key) => ('list' in key ? [key.list] : [])));
  return keys.some((key) => 'one' in key && listed.has(key.one)) ? 'whole' : 'part';
}

/** The writes to an entry's entities that came after it, as far as they matter to what the entry has begun. */
export interface Later {
  /** The whole entity is gone on the side that served. */
  isTakenAway: boolean;
  /** Nothing that came after that is still owed. */
  isForgotten: boolean;
  /** A part of the entity, or all of it, was taken away. */
  hasLost: boolean;
}

/** Reads from the journal what became of the entities of an entry since. */
export async function laterOf(db: JournalDb, entry: Entry, sides: Sides): Promise<Later> {
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.route', 'e.mirror', 'e.place'])
    .distinct()
    .where('k.key', 'in', entityKeys(entry.keys))
    .where('e.side', '=', entry.side)
    .where('e.state', '=', 'settled')
    .where('e.mirror', 'in', ['owed', 'sending', 'applied'])
    .where('e.place', '>', (own) => own.selectFrom('entries').select('place').where('id', '=', entry.id))
    .orderBy('e.place')
    .execute();
  const taken = rows.map(({ route }) => takesAway(sides.routeOf(route)));
  const gone = taken.indexOf('whole');
  const isOwed = ({ mirror }: { mirror: MirrorState }) => mirror !== 'applied';
  return {
    isTakenAway: gone >= 0,
    isForgotten: gone >= 0 && !rows.slice(gone + 1).some(isOwed),
    hasLost: taken.some((part) => part !== undefined),
  };
}
