/** The jobs that make documents out of uploads. The row is the truth; a queue only says that there is one. */

import { traceparent } from '@banyan/operations/tracing/spans.ts';
import { sql } from 'kysely';
import type { JobStatus } from '../db/schema.ts';
import { secondsAgo } from '../db/seconds-ago.ts';
import { fromStored, toStored } from '../db/text.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { lockChat } from '../rows/chats.ts';

export interface NewJob {
  id: string;
  documentId: string;
  chatId: string;
  filename: string;
  /** Of the uploaded file. */
  sha256: string;
  startedAt: WallTime;
}

/** Stores a job with its document, which nobody sees yet, and the trace that it goes on with. @returns false where there is no such chat */
export function insertJob(db: Db, job: NewJob): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const chat = await lockChat(tx, job.chatId);
    if (!chat?.listed) return false;
    const [name, chat_id] = [toStored(job.filename), chat.key];
    await tx
      .insertInto('documents')
      .values({ id: job.documentId, chat_id, name, file_sha256: job.sha256 })
      .execute();
    await tx
      .insertInto('jobs')
      .values({
        id: job.id,
        chat_id,
        filename: name,
        document_id: job.documentId,
        started_at: job.startedAt,
        trace: traceparent() ?? null,
      })
      .execute();
    return true;
  });
}

export interface Job {
  id: string;
  chatId: string;
  filename: string;
  status: JobStatus;
  startedAt: WallTime;
  finishedAt: WallTime | null;
  chunksAdded: number | null;
  error: string | null;
  pagesDone: number;
  pagesTotal: number | null;
}

/** Lower case alone: PostgreSQL would find a uuid in any case, and a client's id is compared as text. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param id anything that a client may ask for */
export async function findJob(db: Db, id: string): Promise<Job | undefined> {
  if (!uuid.test(id)) return undefined;
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return (
    row && {
      id,
      chatId: fromStored(row.chat_id),
      filename: fromStored(row.filename),
      status: row.status,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      chunksAdded: row.chunks_added,
      error: row.error === null ? null : fromStored(row.error),
      pagesDone: row.pages_done,
      pagesTotal: row.pages_total,
    }
  );
}

/** What goes through the queue: `attempt` is the one that a claim would begin. */
export interface Dispatch {
  jobId: string;
  attempt: number;
}

export interface Patience {
  /** A queued job that was dispatched longer ago than this, in seconds, may have been lost on the way. */
  dispatched: number;
  /** A job whose worker has not been heard of for this long, in seconds, has no owner. */
  silent: number;
}

/** With a look every second, what a queue lost is found within five. */
export const patience: Patience = { dispatched: 4, silent: 60 };

/**
 * Jobs to dispatch (again). Each is marked as dispatched, so that several reconcilers do not all take the same ones and one
 * that dies comes up again. What is still in the queue is found too: the queue takes an attempt once.
 */
export async function takeUndispatched(
  db: Db,
  { dispatched, silent }: Patience = patience,
  limit = 1000,
): Promise<Dispatch[]> {
  const rows = await db
    .updateTable('jobs')
    .set({ dispatched_at: sql`clock_timestamp()` as never })
    .where('id', 'in', (e) =>
      e
        .selectFrom('jobs')
        .select('id')
        .where('dispatched_at', '<=', secondsAgo(dispatched))
        .where((w) =>
          w.or([
            w('status', '=', 'queued'),
            w.and([w('status', '=', 'processing'), w('heartbeat_at', '<=', secondsAgo(silent))]),
          ]),
        )
        .orderBy('position')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'attempt'])
    .execute();
  return rows.map(({ id, attempt }) => ({ jobId: id, attempt: attempt + 1 }));
}
