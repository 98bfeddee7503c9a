/** How the journal is doing, for people. */
import { sql } from 'kysely';
import type { BackendName, RouteKey } from '../../../contract/route-table.ts';
import type { Wait } from '../mirror/waits.ts';
import { keysOf } from './entries.ts';
import { JOURNAL_SCHEMA, type JournalDb } from './tables.ts';

export interface JournalSize {
  /** Entries that are kept. */
  entries: number;
  /** On the disk, in bytes, with indexes. */
  bytes: number;
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
}

export interface PinnedEntry {
  id: string;
  route: RouteKey;
  /** Who has it. */
  side: BackendName;
  keys: string[];
  reason: string;
  /** Later writes to the same, which the other side is not given before it. They count as lag. */
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

/** @param waits what the mirror waits for now */
export async function size(db: JournalDb, waits: readonly Wait[]): Promise<JournalSize> {
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
    ...{ entries: count(row?.entries), bytes: count(row?.bytes) },
    lag: { legacy: count(row?.to_legacy), new: count(row?.to_new) },
    oldest: row?.oldest ?? 0,
    ...{ underWay: count(row?.under_way), doubt: count(row?.doubt), divergent: count(row?.divergent) },
    pinned: await pinnedEntries(db),
    waiting: await waitingEntries(db, waits),
    doubtful: await doubtfulEntries(db),
  };
}

async function pinnedEntries(db: JournalDb): Promise<PinnedEntry[]> {
  const rows = await db
    .selectFrom('entries as e')
    .leftJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.route', 'e.side', 'e.fault', 'k.key'])
    .where('e.pinned', 'is', true)
    .orderBy('e.place')
    .orderBy('k.key')
    .execute();
  if (rows.length === 0) return [];
  const waiting = await waitingBehind(db);
  const pinned = new Map<string, PinnedEntry>();
  for (const { id, route, side, fault, key } of rows) {
    const behind = waiting.get(id) ?? 0;
    const entry = pinned.get(id) ?? { id, route, side, keys: [], reason: fault ?? '', behind };
    pinned.set(id, entry);
    if (key !== null) entry.keys.push(key);
  }
  return [...pinned.values()];
}

/** How many writes wait behind each that is stuck. */
async function waitingBehind(db: JournalDb): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .innerJoin('entry_keys as ok', 'ok.key', 'k.key')
    .innerJoin('entries as o', 'o.id', 'ok.entry_id')
    .select(['e.id', sql<string>`count(distinct o.id)::text`.as('behind')])
    .where('e.pinned', 'is', true)
    .where('o.mirror', 'in', ['owed', 'sending'])
    .where('o.pinned', 'is', false)
    .groupBy('e.id')
    .execute();
  return new Map(rows.map(({ id, behind }) => [id, Number(behind)]));
}

async function waitingEntries(db: JournalDb, waits: readonly Wait[]): Promise<WaitingEntry[]> {
  const behind = await behindWaits(db, waits);
  return waits.map(({ id, route, side, keys, on, work, since, until }) => ({
    ...{ id, route, side, keys: [...keys], on, work: work ?? null },
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
    .select(['id', 'route', 'side'])
    .select(sql<number>`extract(epoch from clock_timestamp() - admitted_at)::float8`.as('age'))
    .where('state', '=', 'doubt')
    .orderBy('position')
    .execute();
  const doubtful: DoubtfulEntry[] = [];
  for (const row of rows) doubtful.push({ ...row, keys: await keysOf(db, row.id) });
  return doubtful;
}
