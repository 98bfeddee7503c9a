/** The chunks of a chat that are nearest to a vector: exact, and the same each time. */
import { CompiledQuery } from 'kysely';
import { SCHEMA } from '../db/schema.ts';
import { fromStored } from '../db/text.ts';
import type { Db } from '../db/transaction.ts';
import { toVector } from '../db/vector.ts';
import { storedChatId } from '../rows/chat-id.ts';

export interface FoundChunk {
  text: string;
  metadata: Record<string, string>;
  /** Squared Euclidean, as Chroma's `l2`. */
  distance: number;
}

/**
 * Each document is scanned by itself, along its own index: that needs no statistics to be planned well, and PGlite keeps none.
 * Built once: it is the same for each question, and building it takes as long as sending it.
 */
const nearest = `
  with nearest as (
    select c.id, c.ordinal, c.distance, d.position
    from ${SCHEMA}.documents d
    cross join lateral (
      select c.id, c.ordinal, c.embedding <-> $1::vector as distance
      from ${SCHEMA}.chunks c
      where c.document_id = d.id and c.attempt = d.attempt
      order by distance, c.ordinal
      limit $3
    ) c
    where d.chat_id = $2
    order by c.distance, d.position, c.ordinal
    limit $3
  )
  select t.text, t.metadata, n.distance
  from nearest n join ${SCHEMA}.chunk_texts t on t.chunk_id = n.id
  order by n.distance, n.position, n.ordinal`;

/** The nearest first; of equally near ones, those of the document that was published first, in the document's order. */
export async function nearestChunks(
  db: Db,
  { chatId, vector, limit }: { chatId: string; vector: ArrayLike<number>; limit: number },
): Promise<FoundChunk[]> {
  const parameters = [toVector(vector), storedChatId(chatId), limit];
  const { rows } = await db.executeQuery(CompiledQuery.raw(nearest, parameters) as CompiledQuery<FoundChunk>);
  return rows.map(({ text, metadata, distance: d }) => ({
    text: fromStored(text),
    metadata: mapValues(metadata, fromStored),
    distance: d * d,
  }));
}

const mapValues = (record: Record<string, string>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
