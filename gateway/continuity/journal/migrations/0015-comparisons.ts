/** What came of comparing the two backends, so that it outlives the gateway. */
import type { Kysely } from 'kysely';

const schema = 'banyan_journal';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .withSchema(schema)
    .createTable('comparisons')
    .addColumn('route', 'text', (c) => c.notNull())
    // A verdict, or why an answer was not compared.
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('count', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('comparisons_pkey', ['route', 'outcome'])
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(schema).dropTable('comparisons').execute();
}
