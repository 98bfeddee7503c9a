/** What an import has brought, so that it can be repeated: it then knows what has changed since, and on which side. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .withSchema(schema)
    .createTable('imported_chats')
    // No foreign key: what was deleted here after an import is not to be brought back by the next.
    .addColumn('chat_id', 'text', (c) => c.primaryKey())
    // Of the chat as legacy's files had it.
    .addColumn('digest', 'text', (c) => c.notNull())
    // These three are the chat's row as it was put; where the row says something else, it has changed here.
    .addColumn('listed', 'boolean', (c) => c.notNull())
    .addColumn('updated_at', sql`timestamp(6)`, (c) => c.notNull())
    .addColumn('message_count', 'integer', (c) => c.notNull())
    .addColumn('imported_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`now()`))
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(schema).dropTable('imported_chats').execute();
}
