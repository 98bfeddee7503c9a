/** What becomes of writes that legacy was left behind of by `rollback --now`, once legacy was written to on the same keys. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan_journal';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .withSchema(schema)
    .alterTable('entries')
    // `waiting`: legacy has not been given it. `taken`: legacy has it, and what both sides show is still to be made alike.
    .addColumn('overtaken', 'text', (c) => c.check(sql`overtaken in ('waiting', 'taken')`))
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(schema).alterTable('entries').dropColumn('overtaken').execute();
}
