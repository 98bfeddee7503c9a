/** The chunks of a chat that are nearest to a vector: exact, and the same each time. */
import { sql } from 'kysely';
import { storedChatId } from '../chats/chat-id.ts';
import { fromStored } from '../db/text.ts';
import type { Db } from '../db/transaction.ts';
import { toVector } from '../db/vector.ts';

export interface FoundChunk {
  text: string;
  metadata: Record<string, string>;
  /** Squared Euclidean, as Chroma's `l2`. */
  distance: number;
}

/**
 * The nearest first; of equally near ones, those of the document that was published first, in the document's order.
 * Each document is scanned by itself, along its own index: that needs no statistics to be planned well, and PGlite keeps
 * none.
 */
export async function nearestChunks(
  db: Db,
  { chatId, vector, limit }: { chatId: string; vector: ArrayLike<number>; limit: number },
): Promise<FoundChunk[]> {
  const distance = sql<number>`c.embedding <-> ${toVector(vector)}::vector`;
  const rows = await db
    .with('nearest', (w) =>
      w
        .selectFrom('documents as d')
        .innerJoinLateral(
          (e) =>
            e
              .selectFrom('chunks as c')
              .whereRef('c.document_id', '=', 'd.id')
              .whereRef('c.attempt', '=', 'd.attempt')
              .select(['c.id', 'c.ordinal', distance.as('distance')])
              .orderBy('distance')
              .orderBy('c.ordinal')
              .limit(limit)
              .as('c'),
          (on) => on.onTrue(),
        )
        .where('d.chat_id', '=', storedChatId(chatId))
        .select(['c.id', 'c.ordinal', 'c.distance', 'd.position'])
        .orderBy('c.distance')
        .orderBy('d.position')
        .orderBy('c.ordinal')
        .limit(limit),
    )
    .selectFrom('nearest as n')
    .innerJoin('chunk_texts as t', 't.chunk_id', 'n.id')
    .select(['t.text', 't.metadata', 'n.distance'])
    .orderBy('n.distance')
    .orderBy('n.position')
    .orderBy('n.ordinal')
    .execute();
  return rows.map(({ text, metadata, distance: d }) => ({
    text: fromStored(text),
    metadata: mapValues(metadata, fromStored),
    distance: d * d,
  }));
}

const mapValues = (record: Record<string, string>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
