import { sql } from 'kysely';
import { SCHEMA } from '../../../services/db/schema.ts';
import type { Db } from '../../../services/db/transaction.ts';

const tables = ['chats', 'messages', 'documents', 'jobs', 'chunks', 'chunk_texts', 'imported_chats'];

/** Every row of every table that an import could write to, as text. */
export async function everyRow(db: Db): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const name of tables) {
    const { rows } = await sql<{ row: string }>`
      select t::text as row from ${sql.table(`${SCHEMA}.${name}`)} t order by 1`.execute(db);
    all[name] = rows.map(({ row }) => row);
  }
  return all;
}

/** The same without what a repetition may give anew: places, and the ids and times that the database makes. */
export async function contents(db: Db): Promise<unknown> {
  const places = ['position', 'imported_at'];
  const dropped = (row: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(row).filter(([column]) => !places.includes(column)));
  const chats = await db.selectFrom('chats').selectAll().orderBy('position').execute();
  const messages = await db.selectFrom('messages').selectAll().orderBy('chat_id').orderBy('turn').execute();
  const documents = await db.selectFrom('documents').selectAll().orderBy('position').execute();
  const chunks = await db
    .selectFrom('chunks as c')
    .innerJoin('chunk_texts as t', 't.chunk_id', 'c.id')
    .select(['c.document_id', 'c.ordinal', 'c.embedding', 't.text', 't.metadata'])
    .orderBy('c.document_id')
    .orderBy('c.ordinal')
    .execute();
  const imported = await db.selectFrom('imported_chats').selectAll().orderBy('chat_id').execute();
  return { messages, chunks, ...mapped({ chats, documents, imported }, dropped) };
}

const mapped = (all: Record<string, object[]>, change: (row: Record<string, unknown>) => unknown) =>
  Object.fromEntries(
    Object.entries(all).map(([name, rows]) => [name, rows.map((row) => change({ ...row }))]),
  );
