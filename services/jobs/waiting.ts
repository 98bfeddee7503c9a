/** Which uploads wait or are worked on, for people. */
import { sql } from 'kysely';
import { fromStored } from '../db/text.ts';
import type { Db } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';

export interface WaitingJob {
  id: string;
  filename: string;
  isProcessing: boolean;
  /** Seconds since it was taken. */
  age: number;
  /** How often a worker has begun it. */
  attempt: number;
  pagesDone: number;
  /** Not known before it is read. */
  pagesTotal: number | null;
}

/** More than a person looks through. */
const most = 20;

/**
 * The oldest first.
 * @param now as clients are shown it, as `started_at` is
 */
export async function waitingJobs(db: Db, now: WallTime): Promise<WaitingJob[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['id', 'filename', 'status', 'attempt', 'pages_done', 'pages_total'])
    .select(sql<number>`extract(epoch from cast(${now} as timestamp) - started_at)::float8`.as('age'))
    .where('status', 'in', ['queued', 'processing'])
    .orderBy('started_at')
    .limit(most)
    .execute();
  return rows.map(({ id, filename, status, age, attempt, pages_done, pages_total }) => ({
    id,
    attempt,
    filename: fromStored(filename),
    isProcessing: status === 'processing',
    age: Math.max(0, age),
    pagesDone: pages_done,
    pagesTotal: pages_total,
  }));
}
