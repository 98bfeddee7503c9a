/** How much waits for the workers, for people and metrics. */
import { sql } from 'kysely';
import { secondsAgo } from '../db/seconds-ago.ts';
import type { Db } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { patience } from './store.ts';

/** Seconds in which a reconciler, which looks every second, has found what it looks for. */
const slack = 10;

export interface WorkSize {
  queued: number;
  processing: number;
  /** Seconds since the oldest of them was taken; 0 without any. */
  oldest: number;
  /** Queued, and no reconciler has sent them again for longer than it takes one. */
  undelivered: number;
  /** Their worker has been silent for longer than it takes a reconciler to see it. */
  ownerless: number;
}

/** @param now as clients are shown it, as `started_at` is */
export async function workSize(db: Db, now: WallTime): Promise<WorkSize> {
  const { rows } = await sql<{ status: string; count: string; oldest: number; lost: string }>`
    select status, count(*)::text as count,
      count(*) filter (where dispatched_at <= ${secondsAgo(patience.dispatched + slack)}
        and (status = 'queued' or heartbeat_at <= ${secondsAgo(patience.silent + slack)}))::text as lost,
      extract(epoch from cast(${now} as timestamp) - min(started_at))::float8 as oldest
    from ${sql.table('banyan.jobs')} where status in ('queued', 'processing') group by status`.execute(db);
  const of = (status: string) => rows.find((row) => row.status === status);
  return {
    queued: Number(of('queued')?.count ?? 0),
    processing: Number(of('processing')?.count ?? 0),
    undelivered: Number(of('queued')?.lost ?? 0),
    ownerless: Number(of('processing')?.lost ?? 0),
    oldest: Math.max(0, ...rows.map(({ oldest }) => oldest)),
  };
}
