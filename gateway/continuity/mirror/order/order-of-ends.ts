/** The order in which background jobs have ended. */
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { type Entry, loadEntry } from '../../journal/entries.ts';
import type { JournalDb } from '../../journal/tables.ts';
import { entityKeys } from '../../protocol/keys.ts';
import type { Sides } from '../../sides/sides.ts';
import { answerOf } from '../../writes/entry-content.ts';
import { takePlaces } from './overlaps.ts';
import { laterOf, takesAway } from './removals.ts';
import { type Look, presumedAt, type Waits } from './waits.ts';
import { type Begun, beginnersOf, begunBy, endOf, placeAmongEnded, presumed } from './work.ts';

export interface OrderOptions {
  sides: Sides;
  waits: Waits;
  /** An end that legacy may never show is presumed after this, in milliseconds. */
  presumedAfter?: number | undefined;
}

/**
 * Jobs that run at once in one entity end in an order of their own, in which clients see their results. The other side is given
 * them in that order. Waits for the end on the side that served it, as far as that side shows it.
 * @returns whether it is this entry's turn; otherwise another entry has its place now
 */
export async function isNextToEnd(
  db: JournalDb,
  entry: Entry,
  options: OrderOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { sides } = options;
  const begun = begunBy(sides.routeOf(entry.route), { params: {}, answer: answerOf(entry) }, sides.table);
  if (!begun || entry.mirror !== 'owed') return true;
  await untilEnd(db, { entry, begun }, options, signal);
  const own = await placeAmongEnded(entry, sides);
  if (own === undefined) return true;
  const { place, others } = await owedAfter(db, entry, sides.table);
  let first: { id: string; place: string; at: number } | undefined;
  for (const other of others) {
    const later = await loadEntry(db, other.id);
    const at = later && (await placeAmongEnded(later, sides));
    if (at !== undefined && at < (first?.at ?? own)) first = { ...other, at };
  }
  if (!first) return true;
  await takePlaces(db, [{ id: entry.id, place }, first], [first.id, entry.id]);
  return false;
}

/**
 * Waits for the end, unless the entity is taken away: then the order is shown to no client any more. The bound counts from the write, so
 * that a gateway that starts again does not wait anew.
 */
async function untilEnd(
  db: JournalDb,
  { entry, begun }: { entry: Entry; begun: Begun },
  { sides, waits, presumedAfter = presumed }: OrderOptions,
  signal: AbortSignal,
): Promise<void> {
  const look = async (): Promise<Look> => {
    const { is } = await endOf(entry, sides);
    if (is === 'ended' || is === 'unknown' || (await laterOf(db, entry, sides)).isTakenAway) return 'over';
    return is === 'perhaps' ? presumedAt(entry.admittedAt.getTime() + presumedAfter) : { until: undefined };
  };
  const { id, route, keys, side } = entry;
  const wait = { id, route, keys, side, on: side, work: begun.key, isTaken: false };
  await waits.wait(wait, look, signal);
}

/**
 * Entries of the same entities that begin such work too, served by the same side, and not given to the other one yet; up to
 * one that takes something away, as what comes after that may be of the same name.
 */
async function owedAfter(
  db: JournalDb,
  { id, side, keys }: Entry,
  table: RouteTable,
): Promise<{ place: string; others: { id: string; place: string }[] }> {
  const { place } = await db
    .selectFrom('entries')
    .select('place')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.place', 'e.route'])
    .distinct()
    .where('k.key', 'in', entityKeys(keys))
    .where('e.side', '=', side)
    .where('e.mirror', '=', 'owed')
    .where('e.pinned', 'is', false)
    .where('e.place', '>', place)
    .orderBy('e.place')
    .execute();
  const removers = new Set(table.routes.filter((route) => takesAway(route)).map(({ key }) => key));
  const end = rows.findIndex(({ route }) => removers.has(route));
  const beginners = new Set(beginnersOf(table));
  const others = rows.slice(0, end < 0 ? undefined : end).filter(({ route }) => beginners.has(route));
  return { place: place ?? '', others: others.map((row) => ({ id: row.id, place: row.place ?? '' })) };
}
