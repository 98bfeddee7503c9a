/** The ways to find the nearest chunks, each measured on the same corpus. */
import { sql } from 'kysely';
import { l2Distance } from 'pgvector/kysely';
import { type Db, inTransaction } from '../../../services/db/transaction.ts';
import { nearestChunks } from '../../../services/documents/search.ts';
import { legacyRetrieval, packed } from '../../../services/rag/testing/legacy.ts';
import { vectorsOf } from './corpus.ts';

const limit = 15;

export interface Measured {
  /** Milliseconds of each question. */
  times: number[];
  /** What was found for each: ids of chunks. */
  found: string[][];
  /** Milliseconds until it could be asked, beyond the storing of the chunks. */
  build?: number;
  /** Bytes that it takes beyond them: on the disk for an index, resident for Chroma. */
  bytes?: number;
}

async function timed<T>(times: number[], work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  times.push(performance.now() - begun);
  return result;
}

/** What the product does, texts and all. Ids by a second query that is not timed. */
export async function exact(db: Db, chatId: string, questions: Float32Array[]): Promise<Measured> {
  const times: number[] = [];
  const found: string[][] = [];
  for (const vector of questions) {
    await timed(times, () => nearestChunks(db, { chatId, vector, limit }));
    const { rows } = await sql<{ id: string }>`select c.id::text from banyan.documents d
      join banyan.chunks c on c.document_id = d.id where d.chat_id = ${chatId}
      order by ${l2Distance('c.embedding', Array.from(vector))}, d.position, c.ordinal limit ${limit}`.execute(
      db,
    );
    found.push(rows.map(({ id }) => id));
  }
  return { times, found };
}

/** HNSW over all chunks, iterative scan until the chat has its fifteen. */
export async function hnsw(db: Db, chatId: string, questions: Float32Array[]): Promise<Measured> {
  const begun = performance.now();
  await sql`create index chunks_hnsw on banyan.chunks using hnsw (embedding vector_l2_ops)`.execute(db);
  const build = performance.now() - begun;
  const size = await sql<{
    bytes: string;
  }>`select pg_relation_size('banyan.chunks_hnsw')::text bytes`.execute(db);
  const times: number[] = [];
  const found: string[][] = [];
  for (const vector of questions)
    await inTransaction(db, async (tx) => {
      await sql`set local hnsw.iterative_scan = strict_order`.execute(tx);
      // Else the planner sorts every chunk of the chat, which is what is measured beside it.
      await sql`set local enable_sort = off`.execute(tx);
      const { rows } = await timed(times, () =>
        sql<{
          id: string;
        }>`with n as materialized (select c.id, ${l2Distance('c.embedding', Array.from(vector))} as distance
          from banyan.chunks c where c.document_id in (select id from banyan.documents where chat_id = ${chatId})
          order by distance limit ${limit})
          select n.id::text, t.text, t.metadata from n join banyan.chunk_texts t on t.chunk_id = n.id order by n.distance`.execute(
          tx,
        ),
      );
      found.push(rows.map(({ id }) => id));
    });
  await sql`drop index banyan.chunks_hnsw`.execute(db);
  return { times, found, build, bytes: Number(size.rows[0]?.bytes) };
}

/** Legacy's own Chroma in legacy's own Python: its time is the call there, without the way to it. */
export async function chroma(db: Db, chatId: string, questions: Float32Array[]): Promise<Measured> {
  const all = await vectorsOf(db, chatId);
  const legacy = await legacyRetrieval();
  try {
    const before = await legacy.call('resident');
    const begun = performance.now();
    for (let at = 0; at < all.length; at += 2000) {
      const some = all.slice(at, at + 2000);
      const chunks = some.map(() => ({ text: 'word '.repeat(200), metadata: { page: '1', type: 'text' } }));
      await legacy.call('collection', 'a-chat', chunks, packed(some.map(({ vector }) => vector)));
    }
    const build = performance.now() - begun;
    const answers = await legacy.call('distances', 'a-chat', packed(questions), limit);
    const bytes = (await legacy.call('resident')) - before;
    return {
      times: answers.map(({ milliseconds }) => milliseconds),
      found: answers.map(({ near }) => near.map(([index]) => all[index]?.id ?? '')),
      build,
      bytes,
    };
  } finally {
    await legacy.close();
  }
}

/** How much of what is there was found. */
export function recall(found: string[][], there: string[][]): number {
  const hits = there.map((ids, n) => ids.filter((id) => found[n]?.includes(id)).length / ids.length);
  return hits.reduce((sum, share) => sum + share, 0) / hits.length;
}
