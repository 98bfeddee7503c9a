/** How much waits for the workers, for people and metrics. */
import { sql } from 'kysely';
import type { Db } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';

export interface WorkSize {
  queued: number;
  processing: number;
  /** Seconds since the oldest of them was taken; 0 without any. */
  oldest: number;
}

/** @param now as clients are shown it, as `started_at` is */
export async function workSize(db: Db, now: WallTime): Promise<WorkSize> {
  const { rows } = await sql<{ status: string; count: string; oldest: number }>`
    select status, count(*)::text as count,
      extract(epoch from cast(${now} as timestamp) - min(started_at))::float8 as oldest
    from ${sql.table('banyan.jobs')} where status in ('queued', 'processing') group by status`.execute(db);
  const count = (status: string) => Number(rows.find((row) => row.status === status)?.count ?? 0);
  return {
    queued: count('queued'),
    processing: count('processing'),
    oldest: Math.max(0, ...rows.map(({ oldest }) => oldest)),
  };
}
