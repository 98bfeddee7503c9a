/** One corpus for every store: clusters of unit vectors, as texts about some subjects have them, made by the database. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { fromSql } from 'pgvector';
import { createChat } from '../../../services/chats/store.ts';
import type { Db } from '../../../services/db/transaction.ts';

const time = '2026-01-31T09:15:00.123456Z';
/** Chunks of a document, at most. */
const documentSize = 2000;
/** Subjects, and how far their chunks lie from the middle: the nearest are at a cosine of some 0.6, as real ones are. */
const [subjects, noise] = [200, 0.9];

/** A chat of so many chunks, in documents of 2,000 at most. @returns its id */
export async function fillChat(db: Db, size: number): Promise<string> {
  const chatId = randomUUID();
  await createChat(db, { id: chatId, createdAt: time, updatedAt: time });
  for (let left = size; left > 0; left -= documentSize)
    await addDocument(db, chatId, Math.min(left, documentSize));
  return chatId;
}

async function addDocument(db: Db, chatId: string, count: number): Promise<void> {
  const id = randomUUID();
  await sql`insert into banyan.documents (id, chat_id, name, attempt, position, chunk_count, uploaded_at, listed)
    values (${id}, ${chatId}, 'a.pdf', 1, nextval('banyan.document_positions'), ${count}, now(), true)`.execute(
    db,
  );
  for (let first = 0; first < count; first += 200)
    await sql`with made as (
        insert into banyan.chunks (document_id, attempt, ordinal, embedding)
        select ${id}::uuid, 1, n, ${vectorOf(sql`n`, sql`floor(random() * ${subjects})`)}
        from generate_series(${first}::int, ${Math.min(first + 200, count) - 1}::int) n returning id)
      insert into banyan.chunk_texts (chunk_id, text, metadata)
      select id, repeat('word ', 200), '{"page": "1", "source": "a.pdf", "type": "text", "doc_type": "pdf"}' from made`.execute(
      db,
    );
}

/** Around the middle of a subject; `row` makes each row compute its own. */
const vectorOf = (row: ReturnType<typeof sql>, subject: ReturnType<typeof sql>) =>
  sql`l2_normalize((select array_agg(sin(s.at * 97 + d * (s.at + 3)) + ${noise}::float8 * (random() - 0.5) * 3.46 + 0 * ${row} order by d)
    from (select ${subject}::float8 + 0 * ${row} as at) s, generate_series(1, 384) d)::real[]::vector)`;

/** Questions about the same subjects. */
export async function someQuestions(db: Db, count: number): Promise<Float32Array[]> {
  const { rows } = await sql<{
    vector: string;
  }>`select ${vectorOf(sql`n`, sql`floor(random() * ${subjects})`)}::text as vector
    from generate_series(1, ${count}::int) n`.execute(db);
  return rows.map(({ vector }) => Float32Array.from(fromSql(vector) as number[]));
}

/** Every vector of a chat, in the order of its chunks. */
export async function vectorsOf(db: Db, chatId: string): Promise<{ id: string; vector: Float32Array }[]> {
  const { rows } = await sql<{ id: string; vector: string }>`select c.id::text, c.embedding::text as vector
    from banyan.documents d join banyan.chunks c on c.document_id = d.id
    where d.chat_id = ${chatId} order by c.id`.execute(db);
  return rows.map(({ id, vector }) => ({ id, vector: Float32Array.from(fromSql(vector) as number[]) }));
}
