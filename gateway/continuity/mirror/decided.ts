/** What a person decides about a replay of which nobody can tell whether the other side has done it. */
import type { IdPair } from '../ids/registry.ts';
import { loadEntry } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import type { Marks } from '../journal/marks.ts';
import { otherSide } from '../protocol/roles.ts';
import type { Sides } from '../sides/sides.ts';
import type { ShownTimes } from '../times/shown-times.ts';
import { timesOf } from './replayed-times.ts';

export interface DecisionGround {
  journal: Journal;
  sides: Sides;
  times: ShownTimes;
  marks: Marks;
}

/** The other side has it, under these names. @returns whether it was stuck */
export async function countAsDone(
  id: string,
  ids: readonly IdPair[],
  { journal, sides, times, marks }: DecisionGround,
): Promise<boolean> {
  const entry = await loadEntry(await journal.db(), id);
  if (!entry?.pinned) return false;
  const side = otherSide[entry.side];
  // Known before the times are read: what legacy shows then is in public ids.
  for (const pair of ids) sides.names.ids.add(pair);
  const route = sides.routeOf(entry.route);
  const isFollowed = (keys: readonly string[]) => journal.lag.isFollowed(id, keys);
  const shown = await timesOf(side, undefined, { entry, route, times, isFollowed });
  const judged = { verdict: 'unknown' as const, differences: [] };
  await marks.applied({ id, side, answer: undefined, ids, times: shown, ...judged });
  for (const [key, pairs] of shown) sides.names.times[side].replace(key, pairs);
  return true;
}

/** The other side has not done it: it is sent without another look. @returns whether it was stuck */
export async function countAsNotSent(id: string, journal: Journal): Promise<boolean> {
  const { numUpdatedRows } = await (await journal.db())
    .updateTable('entries')
    .set({ pinned: false, attempts: 0, mirror: 'owed' })
    .where('id', '=', id)
    .where('pinned', 'is', true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
