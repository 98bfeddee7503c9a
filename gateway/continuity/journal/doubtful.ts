/** Writes in doubt of which legacy does not show whether it has done them. */

import type { BackendName, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import { keysOf } from './entries.ts';
import type { JournalDb } from './tables.ts';

export interface DoubtfulEntry {
  id: string;
  route: RouteKey;
  /** Where it may have. */
  side: BackendName;
  keys: string[];
  /** Seconds since it was admitted. */
  age: number;
  /** Why the backend does not show whether it has; undefined where it has not been asked yet, or answers are awaited. */
  reason?: string;
}

/** @param why for people; null: there is no doubt any more */
export async function markUnclear(db: JournalDb, id: string, why: string | null): Promise<void> {
  await db
    .updateTable('entries')
    .set({ fault: why, ...(why !== null && { state: 'doubt' }) })
    .where('id', '=', id)
    .where('state', 'in', ['admitted', 'doubt'])
    .execute();
}

/**
 * Whether a client has since deleted, on legacy, what a write in doubt is about: then nothing is left of the write, whether it
 * was done or not.
 */
export async function wasTakenAway(
  db: JournalDb,
  { keys, since, table }: { keys: readonly string[]; since: Date; table: RouteTable },
): Promise<boolean> {
  const routes = routesThatDelete(table);
  const entities = keys.filter((key) => !key.startsWith('list:'));
  if (routes.length === 0 || entities.length === 0) return false;
  const found = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('e.id')
    .where('e.route', 'in', routes)
    .where('k.key', 'in', entities)
    .where('e.side', '=', 'legacy')
    .where('e.state', '=', 'settled')
    .where('e.settled_at', '>', since)
    .where(sql<boolean>`coalesce((e.answer::json ->> 'status')::int, 200) < 400`)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Routes that take a whole entity out of its list. */
const routesThatDelete = ({ routes }: RouteTable): string[] =>
  routes
    .filter(
      ({ keys, probe }) =>
        probe?.shows === 'element-gone' &&
        keys.some((key) => 'list' in key && keys.some((one) => 'one' in one && one.one === key.list)),
    )
    .map(({ key }) => key);

export async function doubtfulEntries(db: JournalDb): Promise<DoubtfulEntry[]> {
  const rows = await db
    .selectFrom('entries')
    .select(['id', 'route', 'side', 'fault'])
    .select(sql<number>`extract(epoch from clock_timestamp() - admitted_at)::float8`.as('age'))
    .where('state', '=', 'doubt')
    .orderBy('position')
    .execute();
  const doubtful: DoubtfulEntry[] = [];
  for (const { fault, ...row } of rows)
    doubtful.push({ ...row, keys: await keysOf(db, row.id), ...(fault !== null && { reason: fault }) });
  return doubtful;
}
