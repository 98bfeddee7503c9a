/** Original files, where no folder is shared by all processes: in pieces, so that none is ever whole in memory. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan';

export async function up(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  await make
    .createTable('file_contents')
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    // Moves while it is written: what has stopped moving and belongs to no file was left behind.
    .addColumn('written_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`clock_timestamp()`))
    .execute();
  await make
    .createTable('file_pieces')
    .addColumn('content_id', 'uuid', (c) => c.notNull().references('file_contents.id').onDelete('cascade'))
    .addColumn('number', 'integer', (c) => c.notNull().check(sql`number >= 0`))
    .addColumn('bytes', 'bytea', (c) => c.notNull())
    .addPrimaryKeyConstraint('file_pieces_place', ['content_id', 'number'])
    .execute();
  // PDFs are compressed already.
  await sql`alter table ${sql.id(schema, 'file_pieces')} alter column bytes set storage external`.execute(db);
  await make
    .createTable('files')
    .addColumn('sha256', 'text', (c) => c.primaryKey().check(sql`sha256 ~ '^[0-9a-f]{64}$'`))
    .addColumn('content_id', 'uuid', (c) => c.notNull().unique().references('file_contents.id'))
    .addColumn('size', 'bigint', (c) => c.notNull().check(sql`size >= 0`))
    // Anew at each upload of it.
    .addColumn('stored_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`clock_timestamp()`))
    .execute();
  await make.createIndex('documents_file').on('documents').column('file_sha256').execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  const gone = db.schema.withSchema(schema);
  await gone.dropIndex('documents_file').execute();
  for (const table of ['files', 'file_pieces', 'file_contents']) await gone.dropTable(table).execute();
}
