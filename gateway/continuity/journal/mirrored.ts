/** What the side that did not serve it is still owed, and what becomes of that where it is not given. */

import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import { BlockedKeys } from './blocked.ts';
import { seconds } from './entries.ts';
import type { Loaded } from './lag/lag.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** An attempt failed. @param pinned there is no other one until a person asks for it */
export async function markFailed(
  db: JournalTx,
  failure: { id: string; fault: string; mayHaveIt: boolean; pinned: boolean },
): Promise<void> {
  await db
    .updateTable('entries')
    .set({
      fault: failure.fault,
      pinned: failure.pinned,
      attempts: sql`attempts + 1`,
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

/** Both sides show the same again after an entry that came late. */
export async function markEven(db: JournalTx, id: string): Promise<void> {
  await db
    .updateTable('entries')
    .set({ mirror: 'applied', fault: null, pinned: false })
    .where('id', '=', id)
    .where('mirror', '=', 'sending')
    .execute();
}

/** The two sides show different things after an entry that came late: a person has to look at it. */
export async function markUneven(
  db: JournalTx,
  { id, fault, differences }: { id: string; fault: string; differences: readonly Difference[] },
): Promise<void> {
  await db
    .updateTable('entries')
    .set({ fault, pinned: true, verdict: 'divergent', differences: JSON.stringify(differences) })
    .where('id', '=', id)
    .where('mirror', '=', 'sending')
    .execute();
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

/** Whether an entry may have a key beside others that may: they do not wait for each other. */
export type IsShared = (entry: Pick<OwedEntry, 'route' | 'side'>, key: string) => boolean;

export interface FoundOwed {
  entries: OwedEntry[];
  /** Whether there may be others that can be replayed. */
  hasMore: boolean;
  /** Whether many entries that wait had to be read to find these. */
  isLong: boolean;
}

/** So many entries are read at once where a stuck write blocks most of the first ones. */
const pageSize = 2048;

/**
 * What the other side still has to be given, in order: nothing that is stuck, and nothing that waits behind it. For each of its
 * keys, an entry is returned only together with all earlier ones that can be replayed.
 * @param limit how many are wanted; there may be fewer, but not fewer than half as many if there are more
 */
export async function owedEntries(db: JournalDb, limit: number, isShared: IsShared): Promise<FoundOwed> {
  const first = await owedRows(db, { limit });
  const entries = free(first, new BlockedKeys<OwedRow>(isShared));
  const hasMore = first.length === limit;
  if (!hasMore || entries.length >= limit / 2) return { entries, hasMore, isLong: false };
  // All pages are of one snapshot: an entry that became visible between two of them would be overtaken by those of the second.
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((tx) => firstFree(tx, limit, isShared));
}

async function firstFree(db: JournalTx, limit: number, isShared: IsShared): Promise<FoundOwed> {
  const blocked = new BlockedKeys<OwedRow>(isShared);
  const entries: OwedEntry[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await owedRows(db, { limit: pageSize, after });
    entries.push(...free(page, blocked));
    if (entries.length >= limit) return { entries: entries.slice(0, limit), hasMore: true, isLong: true };
    if (page.length < pageSize) return { entries, hasMore: false, isLong: true };
    after = page.at(-1)?.place;
  }
}

const free = (rows: readonly OwedRow[], blocked: BlockedKeys<OwedRow>): OwedEntry[] =>
  rows.flatMap(({ pinned, ...entry }) =>
    blocked.place({ ...entry, pinned }, pinned).size === 0 ? [entry] : [],
  );

export type OwedRow = OwedEntry & { pinned: boolean };

/**
 * Everything that is owed, in order, also what is stuck. Not what a person has let the other side have late: that side has it, and
 * nothing waits behind it.
 */
export async function owedRows(
  db: JournalDb | JournalTx,
  { limit, after }: { limit?: number; after?: string | undefined } = {},
): Promise<OwedRow[]> {
  const rows = await db
    .selectFrom('entries as e')
    .select(['e.id', 'e.route', 'e.place', 'e.side', 'e.overlapped', 'e.pinned'])
    .select((s) =>
      s
        .selectFrom('entry_keys as k')
        .select(sql<string>`coalesce(json_agg(k.key), '[]')::text`.as('keys'))
        .whereRef('k.entry_id', '=', 'e.id')
        .as('keys'),
    )
    .where('e.mirror', 'in', ['owed', 'sending'])
    .where('e.overtaken', 'is distinct from', 'taken')
    .$if(after !== undefined, (query) => query.where('e.place', '>', after ?? ''))
    .orderBy('e.place')
    .$if(limit !== undefined, (query) => query.limit(limit ?? 0))
    .execute();
  return rows.map(({ place, keys, ...row }) => ({
    ...row,
    place: place ?? '',
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
    .select(['e.id', 'e.route', 'e.place', 'e.side', 'e.overlapped', 'e.pinned', 'e.overtaken'])
    .select(['k.key', 'keys.side as now'])
    .select([seconds('e.admitted_at').as('admitted'), seconds('e.settled_at').as('settled')])
    .where('e.mirror', 'in', ['owed', 'sending'])
    .orderBy('e.place')
    .execute();
  const owed = new Map<string, OwedAtStart>();
  for (const { id, place, key, pinned, now, ...rest } of rows) {
    const entry: OwedAtStart = owed.get(id) ?? {
      id,
      place: place ?? '',
      keys: [],
      state: 'owed',
      isStuck: pinned,
      ...rest,
    };
    owed.set(id, entry);
    if (key !== null) entry.keys.push(key);
    // A key moves only once everything is applied, unless it was told to.
    if (now !== null && now !== rest.side) entry.state = 'left';
  }
  return [...owed.values()];
}
