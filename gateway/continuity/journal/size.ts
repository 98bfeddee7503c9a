/** How the journal is doing, for people. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import type { BodiesUse } from '../bodies/bodies.ts';
import { type Conflict, conflicts } from './conflicts.ts';
import { type DoubtfulEntry, doubtfulEntries } from './doubtful.ts';
import type { LegacyState } from './legacy-state.ts';
import type { IsShared } from './mirrored.ts';
import { OUTSIDE } from './outside.ts';
import { type PinnedEntry, pinnedEntries } from './pinned.ts';
import { JOURNAL_SCHEMA, type JournalDb } from './tables.ts';
import { type Wait, type WaitingEntry, waitingEntries } from './waiting.ts';

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
  /** Replays that wait for a background job, the longest wait first. */
  waiting: WaitingEntry[];
  /** What is in doubt: it may have taken effect. */
  doubtful: DoubtfulEntry[];
  /** Missing in what an earlier gateway says. */
  legacy?: LegacyState | undefined;
  /** Keys that were written to directly on legacy, where a person has to decide, or has. They are no lag. */
  conflicts: Conflict[];
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
  const isOwed = sql`mirror in ('owed', 'sending') and route <> ${OUTSIDE}`;
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
      count(*) filter (where verdict = 'divergent' and route <> ${OUTSIDE})::text as divergent,
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
    conflicts: await conflicts(db),
  };
}
