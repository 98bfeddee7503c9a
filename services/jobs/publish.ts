/** A document comes to be: its chunks are staged in as many steps as it takes, and seen in one. */
import { sql } from 'kysely';
import { SCHEMA } from '../db/schema.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { insertChunks, type NewChunk } from '../rows/chunks.ts';
import { type Claim, lockOwned } from './claim.ts';

export interface Batch {
  /** The place of the first one in the document, from 0. */
  first: number;
  chunks: readonly NewChunk[];
}

/** Stores chunks that nobody sees yet. @returns false where somebody else owns the job */
export function stageChunks(db: Db, claim: Claim, { first, chunks }: Batch): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const owned = await lockOwned(tx, claim);
    if (!owned) return false;
    await insertChunks(tx, { ...owned, first }, chunks);
    return true;
  });
}

export interface Publication {
  /** How many chunks were staged, as the worker counted them. */
  chunkCount: number;
  uploadedAt: WallTime;
  updatedAt: WallTime;
  finishedAt: WallTime;
}

/**
 * Shows the document and ends the job. What earlier attempts left behind goes.
 * @returns false where somebody else owns the job
 */
export function publish(db: Db, claim: Claim, publication: Publication): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const owned = await lockOwned(tx, claim);
    if (!owned) return false;
    const { documentId, attempt, chatKey, chatListed } = owned;
    const { chunkCount, uploadedAt, updatedAt, finishedAt } = publication;
    const chunks = tx.deleteFrom('chunks').where('document_id', '=', documentId);
    await chunks.where('attempt', '!=', attempt).execute();
    const { staged } = await tx
      .selectFrom('chunks')
      .where('document_id', '=', documentId)
      .select((e) => e.fn.countAll<string>().as('staged'))
      .executeTakeFirstOrThrow();
    if (Number(staged) !== chunkCount)
      throw new Error(`${staged} of the document's ${chunkCount} chunks were staged`);
    const position = sql<string>`nextval(${`${SCHEMA}.document_positions`})`;
    await tx
      .updateTable('documents')
      .set({ attempt, position, chunk_count: chunkCount, uploaded_at: uploadedAt, listed: true })
      .where('id', '=', documentId)
      .execute();
    await tx
      .updateTable('jobs')
      .set({ status: 'done', chunks_added: chunkCount, finished_at: finishedAt })
      .set({ token: null, heartbeat_at: null })
      .where('id', '=', claim.jobId)
      .execute();
    if (chatListed)
      await tx.updateTable('chats').set({ updated_at: updatedAt }).where('id', '=', chatKey).execute();
    return true;
  });
}
