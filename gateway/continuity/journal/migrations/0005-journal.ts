/** The journal of writes, the keys they touch, and what each side calls ids and times. The gateway's own, in a schema of its own. */
import { type Kysely, type SchemaModule, sql } from 'kysely';

const schema = 'banyan_journal';
const sides = sql`side in ('legacy', 'new')`;

/** The schema is there, with the list of migrations in it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  // Taken while an entry's keys are locked, so it has the order of commits in each of them.
  await sql`create sequence ${sql.id(schema, 'places')}`.execute(db);
  await makeEntries(make);
  await makeEntryKeys(make);
  await makeKeys(make);
  await makeNames(make);
}

async function makeEntries(make: SchemaModule): Promise<void> {
  await make
    .createTable('entries')
    // The operation's id, under which `new` stores its answer.
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    // The order of admission; not that of effects.
    .addColumn('position', 'bigint', (c) => c.notNull().generatedAlwaysAsIdentity().unique())
    .addColumn('epoch', 'integer', (c) => c.notNull())
    .addColumn('route', 'text', (c) => c.notNull())
    .addColumn('side', 'text', (c) => c.notNull().check(sides))
    // Method, target, headers and where the body is, with public ids, as JSON text.
    .addColumn('request', 'text', (c) => c.notNull())
    // Null where there is none, or where it is in a file.
    .addColumn('body', 'bytea')
    // What the serving side showed before, for the probe; JSON text.
    .addColumn('expected', 'text')
    .addColumn('state', 'text', (c) =>
      c.notNull().defaultTo('admitted').check(sql`state in ('admitted', 'doubt', 'settled', 'void')`),
    )
    .addColumn('admitted_at', 'timestamptz', (c) => c.notNull().defaultTo(sql`clock_timestamp()`))
    .addColumn('settled_at', 'timestamptz')
    .addColumn('place', 'bigint', (c) => c.unique())
    // Another write to one of its keys was under way at the same time.
    .addColumn('overlapped', 'boolean', (c) => c.notNull().defaultTo(false))
    // Status, reason and headers as the client got them, as JSON text. Null: a probe has settled it.
    .addColumn('answer', 'text')
    .addColumn('answer_body', 'bytea')
    // Whether the other side needs it (owed), may have it (sending), has it (applied), or never gets it.
    .addColumn('mirror', 'text', (c) =>
      c.notNull().defaultTo('none').check(sql`mirror in ('none', 'owed', 'sending', 'applied', 'skipped')`),
    )
    .addColumn('mirror_expected', 'text')
    .addColumn('mirror_sent_at', 'timestamptz')
    .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
    // Why the last attempt failed; with `pinned`, why there is none any more.
    .addColumn('fault', 'text')
    .addColumn('pinned', 'boolean', (c) => c.notNull().defaultTo(false))
    .addColumn('mirror_answer', 'text')
    .addColumn('mirror_body', 'bytea')
    .addColumn('verdict', 'text', (c) => c.check(sql`verdict in ('matched', 'divergent', 'unknown')`))
    // The differences, as JSON text.
    .addColumn('differences', 'text')
    .addCheckConstraint('entries_place', sql`(state = 'settled') = (place is not null)`)
    .addCheckConstraint('entries_mirror', sql`mirror = 'none' or state = 'settled'`)
    .execute();
  await make
    .createIndex('entries_open')
    .on('entries')
    .column('position')
    .where(sql.ref('state'), 'in', ['admitted', 'doubt'])
    .execute();
  await make
    .createIndex('entries_owed')
    .on('entries')
    .column('place')
    .where(sql.ref('mirror'), 'in', ['owed', 'sending'])
    .execute();
}

async function makeEntryKeys(make: SchemaModule): Promise<void> {
  await make
    .createTable('entry_keys')
    .addColumn('entry_id', 'uuid', (c) => c.notNull().references(`${schema}.entries.id`).onDelete('cascade'))
    .addColumn('key', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('entry_keys_pkey', ['key', 'entry_id'])
    .execute();
  await make.createIndex('entry_keys_entry').on('entry_keys').column('entry_id').execute();
}

async function makeKeys(make: SchemaModule): Promise<void> {
  await make
    .createTable('keys')
    .addColumn('key', 'text', (c) => c.primaryKey())
    // Which side writes to it. Changes only while nothing is in flight, to a side that is current.
    .addColumn('side', 'text', (c) => c.notNull().check(sides))
    .addColumn('in_flight', 'integer', (c) => c.notNull().defaultTo(0).check(sql`in_flight >= 0`))
    .execute();
}

async function makeNames(make: SchemaModule): Promise<void> {
  await make
    .createTable('ids')
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('public_id', 'text', (c) => c.notNull())
    .addColumn('legacy_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('ids_pkey', ['kind', 'public_id'])
    .addUniqueConstraint('ids_legacy', ['kind', 'legacy_id'])
    .execute();
  await make
    .createTable('times')
    .addColumn('side', 'text', (c) => c.notNull().check(sides))
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('field', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addColumn('public_value', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('times_pkey', ['side', 'key', 'field', 'value'])
    .execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  for (const table of ['times', 'ids', 'keys', 'entry_keys', 'entries'])
    await make.dropTable(table).execute();
  await sql`drop sequence ${sql.id(schema, 'places')}`.execute(db);
}
