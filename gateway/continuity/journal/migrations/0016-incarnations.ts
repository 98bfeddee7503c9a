/** Legacy's incarnations: each restart and each restored backup begins another one. `keys.legacy_inc` refers to them. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan_journal';

export async function up(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  await make
    .createTable('incarnations')
    .addColumn('number', 'integer', (c) => c.primaryKey())
    .addColumn('since', 'timestamptz', (c) => c.notNull().defaultTo(sql`clock_timestamp()`))
    // What has shown it.
    .addColumn('sign', 'text', (c) => c.notNull())
    // What legacy shows until its next start, if it shows such a thing.
    .addColumn('started', 'text')
    // What the program that starts legacy says of the start.
    .addColumn('told', 'text')
    // Reads that show what legacy forgets in a restart, as JSON.
    .addColumn('witnesses', 'text')
    // When both backends were compared after it.
    .addColumn('compared_at', 'timestamptz')
    // Why nothing is written to legacy until a person decides.
    .addColumn('blocked', 'text')
    .execute();
  await make
    .createIndex('keys_lacking')
    .on('keys')
    .column('key')
    .where(sql.ref('lack'), 'is not', null)
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  await make.dropIndex('keys_lacking').execute();
  await make.dropTable('incarnations').execute();
  const keys = sql.table(`${schema}.keys`);
  await sql`update ${keys} set legacy_inc = null, lack = null`.execute(db);
}
