/** Counts the changes of the list of chats, so that what is kept of it is known to be current. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan';
const name = (table: string) => sql.id(schema, table);

/**
 * Every statement that may change the list adds a row in its own transaction; nobody waits for anybody. Chunks are staged
 * and jobs run without changing it, and an upload adds a document that is not seen yet.
 */
const changes = {
  chats: 'insert or update or delete or truncate',
  documents: 'update or delete or truncate',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .withSchema(schema)
    .createTable('chat_list_changes')
    .addColumn('id', 'bigint', (c) => c.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('count', 'bigint', (c) => c.notNull().defaultTo(1))
    .execute();
  await sql`create function ${name('count_chat_list_change')}() returns trigger language plpgsql as
    ${sql.lit(`begin insert into ${schema}.chat_list_changes default values; return null; end`)}`.execute(db);
  for (const [table, when] of Object.entries(changes))
    await sql`create trigger chat_list_changes after ${sql.raw(when)} on ${name(table)}
      for each statement execute function ${name('count_chat_list_change')}()`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of Object.keys(changes))
    await sql`drop trigger chat_list_changes on ${name(table)}`.execute(db);
  await sql`drop function ${name('count_chat_list_change')}()`.execute(db);
  await db.schema.withSchema(schema).dropTable('chat_list_changes').execute();
}
