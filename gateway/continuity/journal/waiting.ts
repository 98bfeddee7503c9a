/** Replays that wait for a background job, and the writes that wait behind them. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import type { JournalDb } from './tables.ts';

export interface Wait {
  id: string;
  route: RouteKey;
  keys: readonly string[];
  /** Who served the write. */
  side: BackendName;
  /** The backend that the mirror asks. */
  on: BackendName;
  /** The key of what is to end there; undefined where that backend is to show whether it has the write at all. */
  work: string | undefined;
  since: Date;
  /** When the mirror goes on without having seen it; undefined while the backend says that the work goes on. */
  until: Date | undefined;
  /** The other side has taken the write, and only its work goes on. */
  isTaken: boolean;
}

/** The same for people. */
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

export async function waitingEntries(db: JournalDb, waits: readonly Wait[]): Promise<WaitingEntry[]> {
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
