/** Keeps the trace of an upload with its job, so that the worker goes on with it, whatever becomes of the queue. */
import type { Kysely } from 'kysely';

const schema = 'banyan';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A `traceparent` of W3C Trace Context.
  await db.schema.withSchema(schema).alterTable('jobs').addColumn('trace', 'text').execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(schema).alterTable('jobs').dropColumn('trace').execute();
}
