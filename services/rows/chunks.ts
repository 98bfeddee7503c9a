/** Writes the chunks of a document. */
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { toStored } from '../db/text.ts';
import type { Tx } from '../db/transaction.ts';
import { toVector } from '../db/vector.ts';

export interface NewChunk {
  text: string;
  metadata: Record<string, string>;
  /** 384 numbers of unit length. */
  embedding: ArrayLike<number>;
}

/**
 * PGlite computes on this process's own thread, about a millisecond for each chunk, and its promises resolve without a turn of
 * the event loop: requests are served between these statements, not during them.
 */
const atOnce = 5;

/** @param first the place of the first one in the document, from 0 */
export async function insertChunks(
  tx: Tx,
  place: { documentId: string; attempt: number; first: number },
  chunks: readonly NewChunk[],
): Promise<void> {
  for (let at = 0; at < chunks.length; at += atOnce) {
    await insertSome(tx, { ...place, first: place.first + at }, chunks.slice(at, at + atOnce));
    await turnOfTheEventLoop();
  }
}

async function insertSome(
  tx: Tx,
  { documentId, attempt, first }: { documentId: string; attempt: number; first: number },
  chunks: readonly NewChunk[],
): Promise<void> {
  const rows = await tx
    .insertInto('chunks')
    .values(
      chunks.map(({ embedding }, index) => ({
        document_id: documentId,
        attempt,
        ordinal: first + index,
        embedding: toVector(embedding),
      })),
    )
    .returning(['id', 'ordinal'])
    .execute();
  const texts = rows.flatMap(({ id, ordinal }) => {
    const chunk = chunks[ordinal - first];
    return chunk ? [{ chunk_id: id, text: toStored(chunk.text), metadata: metadataOf(chunk) }] : [];
  });
  await tx.insertInto('chunk_texts').values(texts).execute();
}

const metadataOf = ({ metadata }: NewChunk) =>
  JSON.stringify(Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, toStored(value)])));
