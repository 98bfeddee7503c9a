/** The one place that chooses what the queue runs on. */
import { pgliteOf } from '@banyan/operations/db/connect.ts';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { Db } from '../db/transaction.ts';
import type { QueueBackend } from './backends/backend.ts';
import { pgliteBackend } from './backends/pglite.ts';
import { postgresBackend } from './backends/postgres.ts';
import { redisBackend } from './backends/redis.ts';
import type { Log } from './log.ts';

export interface QueuePlace {
  db: Db;
  /** Where `db` is. */
  place: DatabasePlace;
  /** The queue of a backend whose workers run elsewhere. */
  redisUrl?: string | undefined;
  log: Log;
}

/** @param needed whether nothing can be done without it: then it is looked at first. @throws RedisUnusableError */
export async function openQueue(
  { db, place, redisUrl, log }: QueuePlace,
  needed: boolean,
): Promise<QueueBackend> {
  if (redisUrl !== undefined)
    return redisBackend({ url: redisUrl, needed, onUnfit: (error) => log.error({}, error.message) });
  if ('url' in place) return postgresBackend(place.url);
  const pglite = await pgliteOf(db);
  if (!pglite) throw new Error('The database was not opened by `connect` of services/db/connect.ts.');
  return pgliteBackend(pglite);
}
