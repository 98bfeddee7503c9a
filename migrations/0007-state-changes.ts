/** Counts the changes of everything that clients are shown, in place of those of the list of chats alone. */
import { type Kysely, sql } from 'kysely';
import * as chatListChanges from './0003-chat-list-changes.ts';

const schema = 'banyan';
const name = (table: string) => sql.id(schema, table);

/**
 * Every statement that may change what is shown adds a row in its own transaction; nobody waits for anybody. Chunks are
 * staged, heartbeats and progress written, and documents of uploads inserted without anybody seeing it.
 */
const changes = {
  chats: 'insert or update or delete or truncate',
  messages: 'insert or update or delete or truncate',
  documents: 'update or delete or truncate',
  jobs: 'insert or update of chat_id, filename, status, started_at, finished_at, chunks_added, error or delete or truncate',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await chatListChanges.down(db);
  await db.schema
    .withSchema(schema)
    .createTable('state_changes')
    .addColumn('id', 'bigint', (c) => c.primaryKey().generatedAlwaysAsIdentity())
    // How many changes the row stands for.
    .addColumn('count', 'bigint', (c) => c.notNull().defaultTo(1))
    .execute();
  await sql`create function ${name('count_state_change')}() returns trigger language plpgsql as
    ${sql.lit(`begin insert into ${schema}.state_changes default values; return null; end`)}`.execute(db);
  for (const [table, when] of Object.entries(changes))
    await sql`create trigger state_changes after ${sql.raw(when)} on ${name(table)}
      for each statement execute function ${name('count_state_change')}()`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of Object.keys(changes))
    await sql`drop trigger state_changes on ${name(table)}`.execute(db);
  await sql`drop function ${name('count_state_change')}()`.execute(db);
  await db.schema.withSchema(schema).dropTable('state_changes').execute();
  await chatListChanges.up(db);
}
