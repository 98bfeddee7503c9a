/** Owning a job: who has the token of its newest attempt may change it, nobody else. */
import { sql } from 'kysely';
import { secondsAgo } from '../db/seconds-ago.ts';
import { fromStored, toStored } from '../db/text.ts';
import { type Db, inTransaction, type Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { type Dispatch, patience } from './store.ts';

/** What a claim gives and everything after it needs. */
export interface Claim {
  jobId: string;
  /** A uuid of the worker's, new for each claim. */
  token: string;
}

/** Another worker has the job by now; what this one made of it is not wanted. */
export class ClaimLostError extends Error {
  constructor() {
    super('Another worker has the upload.');
    this.name = 'ClaimLostError';
  }
}

export interface ClaimedJob {
  documentId: string;
  chatId: string;
  filename: string;
  sha256: string | null;
  /** Of the attempts before. */
  failures: number;
  /** The `traceparent` of its upload. */
  trace: string | undefined;
}

const now = sql`clock_timestamp()` as never;
const longAgo = sql`timestamptz 'epoch'` as never;

/**
 * Begins an attempt. An attempt is begun once, whoever hears of it; one that follows another needs the other's worker to
 * have been silent.
 * @returns undefined where somebody else has it, or it has come to its end
 */
export async function claimJob(
  db: Db,
  { jobId, attempt, token }: Dispatch & Claim,
  silent: number = patience.silent,
): Promise<ClaimedJob | undefined> {
  const row = await db
    .updateTable('jobs as j')
    .from('documents as d')
    .whereRef('d.id', '=', 'j.document_id')
    .where('j.id', '=', jobId)
    .where('j.attempt', '=', attempt - 1)
    .where((w) =>
      w.or([
        w('j.status', '=', 'queued'),
        w.and([w('j.status', '=', 'processing'), w('j.heartbeat_at', '<=', secondsAgo(silent))]),
      ]),
    )
    .set({ status: 'processing', attempt, token, heartbeat_at: now, pages_done: 0, pages_total: null })
    .returning(['d.id', 'j.chat_id', 'j.filename', 'd.file_sha256', 'j.failures', 'j.trace'])
    .executeTakeFirst();
  return (
    row && {
      documentId: row.id,
      chatId: fromStored(row.chat_id),
      filename: fromStored(row.filename),
      sha256: row.file_sha256,
      failures: row.failures,
      trace: row.trace ?? undefined,
    }
  );
}

/** Says that the owner lives. @returns false where it is the owner no more, and should stop */
export function heartbeat(db: Db, claim: Claim): Promise<boolean> {
  return change(db, claim, {});
}

/** Stores how far it is, which is a heartbeat too. */
export function progress(
  db: Db,
  claim: Claim,
  { done, total }: { done: number; total: number },
): Promise<boolean> {
  return change(db, claim, { pages_done: done, pages_total: total });
}

/**
 * Leaves the job to whoever takes it next, without the minute of silence. The caller has stopped working on it.
 * @param failed whether the attempt counts as a failure
 * @returns false where somebody else owns it
 */
export async function giveBack(db: Db, { jobId, token }: Claim, failed: boolean): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ heartbeat_at: longAgo, dispatched_at: longAgo })
    .set((e) => ({ failures: e('failures', '+', failed ? 1 : 0) }))
    .where('id', '=', jobId)
    .where('token', '=', token)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Makes every unfinished job ready to be taken. Only for the start of a process that has the database to itself: whoever
 * worked on them is gone.
 */
export async function giveBackAll(db: Db): Promise<void> {
  const open = db.updateTable('jobs').set({ dispatched_at: longAgo });
  await open.where('status', '=', 'queued').execute();
  await open.set({ heartbeat_at: longAgo }).where('status', '=', 'processing').execute();
}

async function change(
  db: Db,
  { jobId, token }: Claim,
  values: { pages_done?: number; pages_total?: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ ...values, heartbeat_at: now })
    .where('id', '=', jobId)
    .where('token', '=', token)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends a job without a document. @returns false where somebody else owns it */
export function failJob(
  db: Db,
  claim: Claim,
  { error, finishedAt }: { error: string; finishedAt: WallTime },
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const owned = await lockOwned(tx, claim);
    if (!owned) return false;
    await tx
      .updateTable('jobs')
      .set({ status: 'error', error: toStored(error), finished_at: finishedAt })
      .set({ token: null, heartbeat_at: null })
      .where('id', '=', claim.jobId)
      .execute();
    await tx.deleteFrom('documents').where('id', '=', owned.documentId).execute();
    return true;
  });
}

export interface OwnedJob {
  chatKey: string;
  chatListed: boolean;
  documentId: string;
  attempt: number;
}

/** Locks the chat and then the job, if the token is still the newest one. */
export async function lockOwned(tx: Tx, { jobId, token }: Claim): Promise<OwnedJob | undefined> {
  const chat = await tx
    .selectFrom('chats')
    .select(['id', 'listed'])
    .where('id', '=', (e) => e.selectFrom('jobs').select('chat_id').where('id', '=', jobId))
    .forUpdate()
    .executeTakeFirst();
  const job = await tx
    .selectFrom('jobs')
    .select(['document_id', 'attempt'])
    .where('id', '=', jobId)
    .where('token', '=', token)
    .forUpdate()
    .executeTakeFirst();
  if (!chat || !job?.document_id) return undefined;
  return { chatKey: chat.id, chatListed: chat.listed, documentId: job.document_id, attempt: job.attempt };
}
