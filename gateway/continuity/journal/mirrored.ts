/** What the side that did not serve it is still owed, and what becomes of that where it is not given. */
import { sql } from 'kysely';
import type { BackendName, RouteKey } from '../../../contract/route-table.ts';
import { seconds } from './entries.ts';
import type { Loaded } from './lag.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** An attempt failed. @param pinned there is no other one until a person asks for it */
export async function markFailed(
  db: JournalTx,
  failure: { id: string; fault: string; mayHaveIt: boolean; pinned: boolean },
): Promise<void> {
  await db
    .updateTable('entries')
    .set({
      ...{ fault: failure.fault, pinned: failure.pinned, attempts: sql`attempts + 1` },
      mirror: failure.mayHaveIt ? 'sending' : 'owed',
    })
    .where('id', '=', failure.id)
    .execute();
}

/** A person wants it to be tried again. @returns whether it was given up before */
export async function markRetried(db: JournalTx, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('entries')
    .set({ pinned: false, attempts: 0 })
    .where('id', '=', id)
    .where('pinned', 'is', true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A person decides that the other side is never given it. @returns whether it was still owed */
export async function markSkipped(db: JournalTx, id: string, reason: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('entries')
    .set({ mirror: 'skipped', pinned: false, fault: reason })
    .where('id', '=', id)
    .where('mirror', 'in', ['owed', 'sending'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export interface OwedEntry {
  id: string;
  route: RouteKey;
  place: string;
  /** Who has it already. */
  side: BackendName;
  keys: string[];
  overlapped: boolean;
}

/**
 * What the other side still has to be given, in order, the first `limit` of it: nothing that is pinned, and nothing that comes
 * after something pinned of the same key. Of each key it has the first ones.
 */
export async function owedEntries(db: JournalDb, limit: number): Promise<OwedEntry[]> {
  const stuck = db
    .selectFrom('entry_keys as sk')
    .innerJoin('entries as s', 's.id', 'sk.entry_id')
    .innerJoin('entry_keys as k', 'k.key', 'sk.key')
    .select('k.entry_id')
    // So that it is looked for among the few that are owed, also where the database has no statistics.
    .where('s.mirror', 'in', ['owed', 'sending'])
    .where('s.pinned', 'is', true);
  const rows = await db
    .selectFrom('entries as e')
    .select(['e.id', 'e.route', 'e.place', 'e.side', 'e.overlapped'])
    .select((s) =>
      s
        .selectFrom('entry_keys as k')
        .select(sql<string>`coalesce(json_agg(k.key), '[]')::text`.as('keys'))
        .whereRef('k.entry_id', '=', 'e.id')
        .as('keys'),
    )
    .where('e.mirror', 'in', ['owed', 'sending'])
    .where('e.id', 'not in', stuck)
    .orderBy('e.place')
    .limit(limit)
    .execute();
  return rows.map(({ id, route, side, place, overlapped, keys }) => ({
    ...{ id, route, side, overlapped, place: place ?? '' },
    keys: JSON.parse(keys ?? '[]') as string[],
  }));
}

type OwedAtStart = OwedEntry & Loaded & { keys: string[] };

/** Everything that is owed, for a start. */
export async function allOwed(db: JournalDb): Promise<OwedAtStart[]> {
  const rows = await db
    .selectFrom('entries as e')
    .leftJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .leftJoin('keys', 'keys.key', 'k.key')
    .select(['e.id', 'e.route', 'e.place', 'e.side', 'e.overlapped', 'e.pinned', 'k.key', 'keys.side as now'])
    .select([seconds('e.admitted_at').as('admitted'), seconds('e.settled_at').as('settled')])
    .where('e.mirror', 'in', ['owed', 'sending'])
    .orderBy('e.place')
    .execute();
  const owed = new Map<string, OwedAtStart>();
  for (const { id, place, key, pinned, now, ...rest } of rows) {
    const state = pinned ? 'pinned' : 'owed';
    const entry = owed.get(id) ?? { id, place: place ?? '', keys: [], state, ...rest };
    owed.set(id, entry);
    if (key !== null) entry.keys.push(key);
    // A key moves only once everything is applied, unless it was told to.
    if (now !== null && now !== rest.side) entry.state = 'left';
  }
  return [...owed.values()];
}
