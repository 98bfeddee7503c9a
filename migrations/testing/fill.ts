import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { type Database, SCHEMA } from '../../services/db/schema.ts';
import type { Db } from '../../services/db/transaction.ts';
import { toVector } from '../../services/db/vector.ts';

const at = '2026-01-31T09:15:00.123456Z';

/**
 * One row into every table, by hand: the migrations are tested with it, whatever the stores do.
 * @returns the tables' names, sorted
 */
export async function fillEveryTable(db: Db): Promise<string[]> {
  const rows = rowsFor(db);
  for (const insert of Object.values(rows)) await insert();
  return Object.keys(rows).sort();
}

/** The same where some tables are not there yet. */
export async function fillTablesThere(db: Db): Promise<void> {
  const isThere = async (table: string) => {
    const { rows } = await sql<{ oid: string | null }>`select to_regclass(${table})::text as oid`.execute(db);
    return rows[0]?.oid != null;
  };
  for (const [table, insert] of Object.entries(rowsFor(db)))
    if (await isThere(`${SCHEMA}.${table}`)) await insert();
}

function rowsFor(db: Db): { [table in keyof Database]: () => Promise<unknown> } {
  const [chat, document, job, content] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  return {
    chats: () =>
      db
        .insertInto('chats')
        .values({ id: chat, listed: true, title: 'New Chat 1', created_at: at, updated_at: at })
        .execute(),
    messages: () =>
      db
        .insertInto('messages')
        .values({ id: randomUUID(), chat_id: chat, turn: 0, role: 'user', text: 'Hello', created_at: at })
        .execute(),
    documents: () =>
      db.insertInto('documents').values({ id: document, chat_id: chat, name: 'a.pdf' }).execute(),
    jobs: () =>
      db
        .insertInto('jobs')
        .values({ id: job, chat_id: chat, document_id: document, filename: 'a.pdf', started_at: at })
        .execute(),
    chunks: () =>
      db
        .insertInto('chunks')
        .values({ document_id: document, attempt: 1, ordinal: 0, embedding: toVector(new Float32Array(384)) })
        .execute(),
    chunk_texts: async () => {
      const { id } = await db.selectFrom('chunks').select('id').executeTakeFirstOrThrow();
      await db.insertInto('chunk_texts').values({ chunk_id: id, text: 'Hello', metadata: '{}' }).execute();
    },
    file_contents: () => db.insertInto('file_contents').values({ id: content }).execute(),
    file_pieces: () =>
      db
        .insertInto('file_pieces')
        .values({ content_id: content, number: 0, bytes: Buffer.from('a') })
        .execute(),
    files: () =>
      db
        .insertInto('files')
        .values({ sha256: 'f'.repeat(64), content_id: content, size: 1 })
        .execute(),
    state_changes: () => db.insertInto('state_changes').defaultValues().execute(),
    operations: () => db.insertInto('operations').values({ id: randomUUID(), answer: null }).execute(),
    imported_chats: () =>
      db
        .insertInto('imported_chats')
        .values({ chat_id: chat, digest: '', listed: true, updated_at: at, message_count: 0 })
        .execute(),
    embedding_model: () => db.insertInto('embedding_model').values({ id: 'm', dimension: 384 }).execute(),
  };
}
