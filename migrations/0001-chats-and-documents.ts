/** Chats with their messages, documents with their chunks, and the jobs that make documents out of uploads. */
import { type Kysely, type SchemaModule, sql } from 'kysely';

const schema = 'banyan';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create extension if not exists vector`.execute(db);
  const make = db.schema.withSchema(schema);
  await makeChats(make);
  await makeMessages(make);
  await sql`create sequence ${sql.id(schema, 'document_positions')}`.execute(db);
  await makeDocuments(make);
  await makeJobs(make);
  await makeChunks(make);
  // Out-of-line vectors make an exact scan several times slower; the text is in a table of its own for the same reason.
  await sql`alter table ${sql.id(schema, 'chunks')} alter column embedding set storage plain`.execute(db);
  await makeChunkTexts(make);
  await makeOperations(make);
  await makeEmbeddingModel(make);
}

async function makeChats(make: SchemaModule): Promise<void> {
  await make
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
  await make
    .createIndex('chats_listed')
    .on('chats')
    .column('position')
    .where(sql.ref('listed'), 'is', true)
    .execute();
}

async function makeMessages(make: SchemaModule): Promise<void> {
  await make
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
}

async function makeDocuments(make: SchemaModule): Promise<void> {
  await make
    .createTable('documents')
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    .addColumn('chat_id', 'text', (c) => c.notNull().references('chats.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    // The uploaded file; null where it did not come over with an import.
    .addColumn('file_sha256', 'text')
    // Published and not listed: removed from the chat's list, and still retrieved until the chat's last one goes.
    .addColumn('listed', 'boolean', (c) => c.notNull().defaultTo(false))
    // Which attempt's chunks count. Null, as the next three: the upload is still being taken in, nobody sees the document.
    .addColumn('attempt', 'integer')
    .addColumn('position', 'bigint', (c) => c.unique())
    .addColumn('chunk_count', 'integer', (c) => c.check(sql`chunk_count > 0`))
    .addColumn('uploaded_at', sql`timestamp(6)`)
    .addCheckConstraint(
      'documents_published',
      sql`num_nulls(attempt, "position", chunk_count, uploaded_at) in (0, 4)`,
    )
    .addCheckConstraint('documents_listed', sql`attempt is not null or not listed`)
    .execute();
  await make.createIndex('documents_chat').on('documents').columns(['chat_id', 'position']).execute();
}

async function makeJobs(make: SchemaModule): Promise<void> {
  await make
    .createTable('jobs')
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    .addColumn('chat_id', 'text', (c) => c.notNull().references('chats.id').onDelete('cascade'))
    // Null: the document was deleted, or never came to be. The job's status is still answered.
    .addColumn('document_id', 'uuid', (c) => c.unique().references('documents.id').onDelete('set null'))
    .addColumn('position', 'bigint', (c) => c.notNull().generatedAlwaysAsIdentity().unique())
    .addColumn('filename', 'text', (c) => c.notNull())
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
    // These two by the database's clock: several processes judge them.
    .addColumn('heartbeat_at', 'timestamptz')
    .addColumn('dispatched_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .addColumn('pages_done', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('pages_total', 'integer')
    .addCheckConstraint('jobs_end', sql`(status in ('done', 'error')) = (finished_at is not null)`)
    .addCheckConstraint('jobs_done', sql`(status = 'done') = (chunks_added is not null)`)
    .addCheckConstraint('jobs_error', sql`(status = 'error') = (error is not null)`)
    .addCheckConstraint('jobs_claim', sql`(status = 'processing') = (token is not null)`)
    .addCheckConstraint('jobs_heartbeat', sql`(token is null) = (heartbeat_at is null)`)
    .execute();
  await make.createIndex('jobs_chat').on('jobs').columns(['chat_id', 'position']).execute();
  await make
    .createIndex('jobs_open')
    .on('jobs')
    .column('dispatched_at')
    .where(sql.ref('status'), 'in', ['queued', 'processing'])
    .execute();
}

async function makeChunks(make: SchemaModule): Promise<void> {
  await make
    .createTable('chunks')
    .addColumn('id', 'bigint', (c) => c.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('document_id', 'uuid', (c) => c.notNull().references('documents.id').onDelete('cascade'))
    .addColumn('attempt', 'integer', (c) => c.notNull())
    // The place in the document; the tie-break of a search.
    .addColumn('ordinal', 'integer', (c) => c.notNull().check(sql`ordinal >= 0`))
    .addColumn('embedding', sql`vector(384)`, (c) => c.notNull())
    .addUniqueConstraint('chunks_place', ['document_id', 'attempt', 'ordinal'])
    .execute();
}

async function makeChunkTexts(make: SchemaModule): Promise<void> {
  await make
    .createTable('chunk_texts')
    .addColumn('chunk_id', 'bigint', (c) => c.primaryKey().references('chunks.id').onDelete('cascade'))
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('metadata', 'jsonb', (c) => c.notNull())
    .execute();
}

async function makeOperations(make: SchemaModule): Promise<void> {
  await make
    .createTable('operations')
    .addColumn('id', 'text', (c) => c.primaryKey())
    // What was answered, as JSON text. Null: void, it has not taken effect and never will.
    .addColumn('answer', 'text')
    .addColumn('stored_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .execute();
}

async function makeEmbeddingModel(make: SchemaModule): Promise<void> {
  await make
    .createTable('embedding_model')
    // One row: all vectors of a database come from one model.
    .addColumn('only', 'boolean', (c) => c.primaryKey().defaultTo(true).check(sql`"only"`))
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('dimension', 'integer', (c) => c.notNull())
    .execute();
}

/** The extension stays: others may use it. */
export async function down(db: Kysely<unknown>): Promise<void> {
  const gone = ['embedding_model', 'operations', 'chunk_texts', 'chunks', 'jobs', 'documents'];
  for (const table of [...gone, 'messages', 'chats'])
    await db.schema.withSchema(schema).dropTable(table).execute();
  await sql`drop sequence ${sql.id(schema, 'document_positions')}`.execute(db);
}
