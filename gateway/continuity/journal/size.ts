/** How the journal is doing, for people. */

import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import type { BodiesUse } from '../bodies/bodies.ts';
import type { Wait } from '../mirror/waits.ts';
import { BlockedKeys } from './blocked.ts';
import { keysOf } from './entries.ts';
import { type IsShared, type OwedRow, owedRows } from './mirrored.ts';
import { JOURNAL_SCHEMA, type JournalDb } from './tables.ts';

export interface JournalSize {
  /** Entries that are kept. */
  entries: number;
  /** On the disk, in bytes, with indexes. */
  bytes: number;
  /** Bodies that are in files. */
  bodies: BodiesUse;
  /** What each side still has to be given. */
  lag: Record<BackendName, number>;
  /** Seconds since the oldest of those was settled; 0 without lag. */
  oldest: number;
  /** Entries whose outcome is not known: under way, or in doubt. */
  underWay: number;
  doubt: number;
  divergent: number;
  pinned: PinnedEntry[];
  /** Replays that wait for work which goes on by itself, the longest wait first. */
  waiting: WaitingEntry[];
  /** What is in doubt: it may have taken effect. */
  doubtful: DoubtfulEntry[];
}

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

export interface PinnedEntry {
  id: string;
  route: RouteKey;
  /** Who has it; or had it first, where both have it by now. */
  side: BackendName;
  keys: string[];
  reason: string;
  /**
   * Legacy was written to after `rollback --now` had left it behind of this one. `waiting`: only the new backend has it. `taken`: both
   * have it, and show different things. Left out where that is not so.
   */
  overtaken?: 'waiting' | 'taken';
  /** Later writes to the same keys, and those that wait for these: the other side is given none of them before. They count as lag. */
  behind: number;
}

export interface WaitingEntry {
  id: string;
  route: RouteKey;
  /** Who served it. */
  side: BackendName;
  keys: string[];
  /** Which backend the mirror looks at … */
  on: BackendName;
  /** … and the key of the work whose end it is to show: `job:…`. Null: it is to show whether it has the write. */
  work: string | null;
  /** ISO 8601, UTC. */
  since: string;
  /** When the mirror goes on without having seen it; null while the backend says that the work goes on. */
  until: string | null;
  /** Later writes to the same, which the other side is not given before it. */
  behind: number;
}

/**
 * @param bodies what the files beside the journal take
 * @param waits what the mirror waits for now
 */
export async function size(
  db: JournalDb,
  isShared: IsShared,
  bodies: BodiesUse,
  waits: readonly Wait[],
): Promise<JournalSize> {
  const isOwed = sql`mirror in ('owed', 'sending')`;
  const { rows } = await sql<
    Record<'entries' | 'to_new' | 'to_legacy' | 'under_way' | 'doubt' | 'divergent', string> & {
      bytes: string;
      oldest: number | null;
    }
  >`
    select count(*)::text as entries,
      count(*) filter (where ${isOwed} and side = 'legacy')::text as to_new,
      count(*) filter (where ${isOwed} and side = 'new')::text as to_legacy,
      count(*) filter (where state = 'admitted')::text as under_way,
      count(*) filter (where state = 'doubt')::text as doubt,
      count(*) filter (where verdict = 'divergent')::text as divergent,
      (extract(epoch from clock_timestamp() - min(settled_at) filter (where ${isOwed})))::float8 as oldest,
      pg_total_relation_size(${`${JOURNAL_SCHEMA}.entries`}::regclass)::text as bytes
    from ${sql.table(`${JOURNAL_SCHEMA}.entries`)}`.execute(db);
  const [row] = rows;
  const count = (text: string | undefined) => Number(text ?? 0);
  return {
    entries: count(row?.entries),
    bytes: count(row?.bytes),
    bodies,
    lag: { legacy: count(row?.to_legacy), new: count(row?.to_new) },
    oldest: row?.oldest ?? 0,
    underWay: count(row?.under_way),
    doubt: count(row?.doubt),
    divergent: count(row?.divergent),
    pinned: await pinnedEntries(db, isShared),
    waiting: await waitingEntries(db, waits),
    doubtful: await doubtfulEntries(db),
  };
}

async function pinnedEntries(db: JournalDb, isShared: IsShared): Promise<PinnedEntry[]> {
  const rows = await db
    .selectFrom('entries as e')
    .leftJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.route', 'e.side', 'e.fault', 'e.overtaken', 'k.key'])
    .where('e.pinned', 'is', true)
    .orderBy('e.place')
    .orderBy('k.key')
    .execute();
  if (rows.length === 0) return [];
  const waiting = await waitingBehind(db, isShared);
  const pinned = new Map<string, PinnedEntry>();
  for (const { id, route, side, fault, overtaken, key } of rows) {
    const behind = waiting.get(id) ?? 0;
    const entry = pinned.get(id) ?? {
      id,
      route,
      side,
      keys: [],
      reason: fault ?? '',
      behind,
      ...(overtaken && { overtaken }),
    };
    pinned.set(id, entry);
    if (key !== null) entry.keys.push(key);
  }
  return [...pinned.values()];
}

/** How many writes wait behind each that is stuck, directly or behind others that wait. */
async function waitingBehind(db: JournalDb, isShared: IsShared): Promise<Map<string, number>> {
  const blocked = new BlockedKeys<OwedRow>(isShared);
  const counts = new Map<string, number>();
  for (const row of await owedRows(db)) {
    const blockers = blocked.place(row, row.pinned);
    if (!row.pinned) for (const id of blockers) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

async function waitingEntries(db: JournalDb, waits: readonly Wait[]): Promise<WaitingEntry[]> {
  const behind = await behindWaits(db, waits);
  return waits.map(({ id, route, side, keys, on, work, since, until }) => ({
    id,
    route,
    side,
    keys: [...keys],
    on,
    work: work ?? null,
    since: since.toISOString(),
    until: until?.toISOString() ?? null,
    behind: behind.get(id) ?? 0,
  }));
}

/** How many owed writes have a key of an entry that waits, and come after it. */
async function behindWaits(db: JournalDb, waits: readonly Wait[]): Promise<Map<string, number>> {
  if (waits.length === 0) return new Map();
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .innerJoin('entry_keys as ok', 'ok.key', 'k.key')
    .innerJoin('entries as o', 'o.id', 'ok.entry_id')
    .select(['e.id', sql<string>`count(distinct o.id)::text`.as('behind')])
    .where(
      'e.id',
      'in',
      waits.map(({ id }) => id),
    )
    .where('o.mirror', 'in', ['owed', 'sending'])
    .whereRef('o.place', '>', 'e.place')
    .groupBy('e.id')
    .execute();
  return new Map(rows.map(({ id, behind }) => [id, Number(behind)]));
}

async function doubtfulEntries(db: JournalDb): Promise<DoubtfulEntry[]> {
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
