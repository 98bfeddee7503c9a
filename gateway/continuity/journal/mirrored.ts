/** What is written down of an entry's way to the side that did not serve it. */
import { sql } from 'kysely';
import type { Difference } from '../../../compare/answer.ts';
import type { BackendName, RouteKey } from '../../../contract/route-table.ts';
import type { IdPair } from '../ids/registry.ts';
import type { TimePair } from '../times/memory.ts';
import { type StoredAnswer, seconds } from './entries.ts';
import type { Loaded } from './lag.ts';
import { call, columnsOf } from './procedures.ts';
import type { JournalDb, Verdict } from './tables.ts';

/**
 * From now on the other side may have it; until then it surely has not.
 * @param isKept whether that has to outlast a database that is killed
 * @returns false where a person has decided meanwhile that it is not sent: it was pinned, or skipped
 */
export async function markSending(
  db: JournalDb,
  id: string,
  { expected, isKept }: { expected: unknown; isKept: boolean },
): Promise<boolean> {
  return call(db, 'send', [id, expected === undefined ? null : JSON.stringify(expected), isKept]);
}

export interface Application {
  id: string;
  /** Undefined where a probe found that the other side has it. */
  answer: StoredAnswer | undefined;
  verdict: Verdict;
  differences: readonly Difference[];
  ids: readonly IdPair[];
  /** Who has it now. */
  side: BackendName;
  /** What each entity's times on that side are shown as from now on. */
  times: ReadonlyMap<string, readonly TimePair[]>;
}

/** The other side has it. */
export async function markApplied(db: JournalDb, application: Application): Promise<void> {
  const { id, side, answer, verdict, differences, ids, times } = application;
  const head = answer && { status: answer.status, reason: answer.reason, rawHeaders: answer.rawHeaders };
  const compared = [verdict, differences.length > 0 ? JSON.stringify(differences) : null];
  const written = [head ? JSON.stringify(head) : null, answer?.body ?? null, ...compared];
  const pairs = [...times.values()].flat();
  const shown = [
    [...times.keys()],
    pairs.map(({ key }) => key),
    pairs.map(({ field }) => field),
    pairs.map(({ value }) => value),
    pairs.map(({ publicValue }) => publicValue),
  ];
  await call(db, 'apply', [id, ...written, ...columnsOf(ids), side, ...shown]);
}

/** An attempt failed. @param pinned there is no other one until a person asks for it */
export async function markFailed(
  db: JournalDb,
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

/** A person decides that the other side is never given it. @returns whether it was still owed */
export async function markSkipped(db: JournalDb, id: string, reason: string): Promise<boolean> {
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
