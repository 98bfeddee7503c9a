/** The order in which what was begun has ended. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RouteTable } from '../../../contract/route-table.ts';
import { type Entry, loadEntry } from '../journal/entries.ts';
import type { JournalDb } from '../journal/tables.ts';
import type { Sides } from '../sides/sides.ts';
import { entityKeys } from '../times/shown-times.ts';
import { takePlaces } from './overlaps.ts';
import { beginnersOf, beginsWork, between, endOf, placeAmongEnded, presumed } from './work.ts';

/**
 * What goes on at once in one entity ends in an order of its own, in which clients are shown it: the other side is given it in
 * that order. Waits for the end on the side that served it, as far as that shows it.
 * @returns whether it is this entry's turn; otherwise another one has its place now
 */
export async function isNextToEnd(
  db: JournalDb,
  entry: Entry,
  sides: Sides,
  signal: AbortSignal,
): Promise<boolean> {
  if (!beginsWork(sides.routeOf(entry.route), sides.table)) return true;
  const began = performance.now();
  while ((await endOf(entry, sides)) === 'under way' && performance.now() - began < presumed)
    await pause(between, undefined, { signal });
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
  const shows = (key: string) => table.routes.find((route) => route.key === key)?.probe?.shows;
  const end = rows.findIndex(({ route }) => shows(route) === 'element-gone');
  const beginners = new Set(beginnersOf(table));
  const others = rows.slice(0, end < 0 ? undefined : end).filter(({ route }) => beginners.has(route));
  return { place: place ?? '', others: others.map((row) => ({ id: row.id, place: row.place ?? '' })) };
}
