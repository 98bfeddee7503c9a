/** How many attempts at a job failed by themselves. Those that a killed process left behind do not count against it. */
import type { Kysely } from 'kysely';

const schema = 'banyan';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .withSchema(schema)
    .alterTable('jobs')
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(schema).alterTable('jobs').dropColumn('failures').execute();
}
