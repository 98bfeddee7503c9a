/** Chats with their messages, documents with their chunks, and the jobs that make documents out of uploads. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create extension if not exists vector`.execute(db);

  await db.schema
    .createTable('chats')
    // Not a uuid: a message to an id that nobody made begins a conversation too.
    .addColumn('id', 'text', (c) => c.primaryKey())
    // Newest first is by this.
    .addColumn('position', 'bigint', (c) => c.notNull().generatedAlwaysAsIdentity().unique())
    // Not listed: a conversation without a chat, or what remains of a deleted one.
    .addColumn('listed', 'boolean', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull().defaultTo(''))
    // Wall time as the client is shown it; no zone, so that what was once shown never moves.
    .addColumn('created_at', sql`timestamp(6)`, (c) => c.notNull())
    .addColumn('updated_at', sql`timestamp(6)`, (c) => c.notNull())
    .addColumn('message_count', 'integer', (c) => c.notNull().defaultTo(0).check(sql`message_count >= 0`))
    .execute();
  await db.schema.createIndex('chats_listed').on('chats').columns(['listed', 'position']).execute();

  await db.schema
    .createTable('messages')
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    .addColumn('chat_id', 'text', (c) => c.notNull().references('chats.id').onDelete('cascade'))
    // Counts from 0 within the chat.
    .addColumn('turn', 'integer', (c) => c.notNull().check(sql`turn >= 0`))
    .addColumn('role', 'text', (c) => c.notNull().check(sql`role in ('user', 'model')`))
    // Null: the model's reply was.
    .addColumn('text', 'text')
    .addColumn('created_at', sql`timestamp(6)`, (c) => c.notNull())
    .addUniqueConstraint('messages_turn', ['chat_id', 'turn'])
    .execute();

  await db.schema
    .createTable('documents')
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    .addColumn('chat_id', 'text', (c) => c.notNull().references('chats.id').onDelete('cascade'))
    .addColumn('position', 'bigint', (c) => c.notNull().generatedAlwaysAsIdentity().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    // False: removed from the chat's list, and still retrieved until the chat's last one goes.
    .addColumn('listed', 'boolean', (c) => c.notNull())
    .addColumn('chunk_count', 'integer', (c) => c.notNull().check(sql`chunk_count > 0`))
    .addColumn('uploaded_at', sql`timestamp(6)`, (c) => c.notNull())
    .addColumn('file_sha256', 'text')
    .execute();
  await db.schema.createIndex('documents_chat').on('documents').columns(['chat_id', 'position']).execute();

  await db.schema
    .createTable('jobs')
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    .addColumn('chat_id', 'text', (c) => c.notNull().references('chats.id').onDelete('cascade'))
    .addColumn('position', 'bigint', (c) => c.notNull().generatedAlwaysAsIdentity().unique())
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('file_sha256', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) =>
      c.notNull().defaultTo('queued').check(sql`status in ('queued', 'processing', 'done', 'error')`),
    )
    .addColumn('started_at', sql`timestamp(6)`, (c) => c.notNull())
    .addColumn('finished_at', sql`timestamp(6)`)
    .addColumn('chunks_added', 'integer')
    .addColumn('error', 'text')
    // Who works on it: each claim is a new attempt with a token of its own, and only the newest may publish.
    .addColumn('attempt', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('token', 'uuid')
    .addColumn('heartbeat_at', 'timestamptz')
    .addColumn('pages_done', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('pages_total', 'integer')
    .addCheckConstraint('jobs_end', sql`(status in ('done', 'error')) = (finished_at is not null)`)
    .addCheckConstraint('jobs_done', sql`(status = 'done') = (chunks_added is not null)`)
    .addCheckConstraint('jobs_error', sql`(status = 'error') = (error is not null)`)
    .addCheckConstraint('jobs_claim', sql`(status = 'processing') = (token is not null)`)
    .execute();
  await db.schema.createIndex('jobs_chat').on('jobs').columns(['chat_id', 'position']).execute();
  await db.schema
    .createIndex('jobs_open')
    .on('jobs')
    .columns(['status', 'heartbeat_at'])
    .where(sql.ref('status'), 'in', ['queued', 'processing'])
    .execute();

  await db.schema
    .createTable('chunks')
    .addColumn('id', 'bigint', (c) => c.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('document_id', 'uuid', (c) => c.notNull().references('documents.id').onDelete('cascade'))
    .addColumn('chat_id', 'text', (c) => c.notNull().references('chats.id').onDelete('cascade'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    // The place in the document; the tie-break of a search.
    .addColumn('ordinal', 'integer', (c) => c.notNull())
    .addColumn('embedding', sql`vector(384)`, (c) => c.notNull())
    .addUniqueConstraint('chunks_place', ['document_id', 'attempt', 'ordinal'])
    .execute();
  // Out-of-line vectors make an exact scan several times slower; the text is in a table of its own for the same reason.
  await sql`alter table chunks alter column embedding set storage plain`.execute(db);
  await db.schema.createIndex('chunks_chat').on('chunks').column('chat_id').execute();

  await db.schema
    .createTable('chunk_texts')
    .addColumn('chunk_id', 'bigint', (c) => c.primaryKey().references('chunks.id').onDelete('cascade'))
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('metadata', 'jsonb', (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('embedding_model')
    // One row: all vectors of a database come from one model.
    .addColumn('only', 'boolean', (c) => c.primaryKey().defaultTo(true).check(sql`"only"`))
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('dimension', 'integer', (c) => c.notNull())
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['embedding_model', 'chunk_texts', 'chunks', 'jobs', 'documents', 'messages', 'chats'])
    await db.schema.dropTable(table).execute();
}
