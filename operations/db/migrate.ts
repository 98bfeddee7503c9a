/** Brings the tables of one schema to the version that the code knows. Several schemas of a database go their own ways. */
import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { NewerSchemaError } from './errors.ts';
import { type AnyDatabase, seenWith } from './transaction.ts';

export type Migrations = Readonly<Record<string, Migration>>;

export interface MigrateOptions {
  /** The tables' schema, which is made where it is missing; what was applied is written down there. */
  schema: string;
  /** By name, in the order of their names. */
  migrations: Migrations;
  /** Names that a database may have applied once, and that are somebody else's now: they stay listed, and are never applied. */
  givenAway?: readonly string[];
}

/** Without the schema that the caller's tables are in: everything here is named with its own. */
const bare = (db: AnyDatabase) => seenWith<unknown>(db).withoutPlugins();

/** The table that lists what was applied, in each schema. */
const versions = 'schema_versions';

/**
 * Applies what is missing, all of it or nothing. Several processes at once are fine: one migrates, the others wait.
 * @returns the names of the migrations that were applied
 * @throws NewerSchemaError, or the error of the migration that failed
 */
export async function migrateUp(db: AnyDatabase, options: MigrateOptions): Promise<string[]> {
  await createSchema(db, options.schema);
  const migrator = await migratorOf(db, options);
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error) {
    // Newer code may have come in between.
    await refuseNewer(db, options);
    throw error;
  }
  return results.map(({ migrationName }) => migrationName);
}

/** Takes the newest one back; its data are lost. @returns its name; nothing where there is none */
export async function migrateDown(db: AnyDatabase, options: MigrateOptions): Promise<string[]> {
  const { error, results = [] } = await (await migratorOf(db, options)).migrateDown();
  if (error) throw error;
  return results.map(({ migrationName }) => migrationName);
}

/** Several processes may come at once. */
export async function createSchema(db: AnyDatabase, schema: string): Promise<void> {
  await sql`create schema if not exists ${sql.id(schema)}`.execute(bare(db)).catch((error: unknown) => {
    // `if not exists` looks first and makes then; two at once can both make.
    const code = (error as { code?: string }).code;
    if (code !== '23505' && code !== '42P06') throw error;
  });
}

/** The names that are listed as applied; none where nothing was ever applied in that schema. */
export async function appliedIn(db: AnyDatabase, schema: string): Promise<string[]> {
  const tables = bare(db);
  const list = `${schema}.${versions}`;
  const found = await sql<{ oid: string | null }>`select to_regclass(${list})::text as oid`.execute(tables);
  if (!found.rows[0]?.oid) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(list)} order by name`.execute(
    tables,
  );
  return rows.map(({ name }) => name);
}

/**
 * Lists as applied, in the schema `to`, what the schema `from` lists of these names: for migrations that have moved from one
 * list to another. Only where nothing is listed in `to` yet; `from` stays as it is. Both schemas are there.
 */
export async function adoptApplied(
  db: AnyDatabase,
  { from, to, names }: { from: string; to: string; names: readonly string[] },
): Promise<void> {
  await bare(db)
    .transaction()
    .execute(async (tx) => {
      await sql`select pg_advisory_xact_lock(hashtext(${`${to}.${versions}`}))`.execute(tx);
      const { rows } = await sql<{ isNew: boolean; isThere: boolean }>`
        select to_regclass(${`${to}.${versions}`}) is null as "isNew",
          to_regclass(${`${from}.${versions}`}) is not null as "isThere"`.execute(tx);
      if (!rows[0]?.isNew || !rows[0].isThere) return;
      const list = sql.table(`${to}.${versions}`);
      // As Kysely's migrator makes it.
      await sql`create table ${list} (name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(
        tx,
      );
      await sql`insert into ${list} select name, timestamp from ${sql.table(`${from}.${versions}`)}
        where name = any (${names})`.execute(tx);
    });
}

async function migratorOf(db: AnyDatabase, options: MigrateOptions): Promise<Migrator> {
  const { schema, migrations, givenAway = [] } = options;
  await refuseNewer(db, options);
  const listed = await appliedIn(db, schema);
  const ofOthers = Object.fromEntries(
    givenAway.filter((name) => listed.includes(name)).map((name) => [name, nothing]),
  );
  return new Migrator({
    db: bare(db),
    provider: { getMigrations: async () => ({ ...migrations, ...ofOthers }) },
    migrationTableName: versions,
    migrationLockTableName: 'schema_lock',
    migrationTableSchema: schema,
  });
}

const nothing: Migration = { up: async () => {}, down: async () => {} };

async function refuseNewer(
  db: AnyDatabase,
  { schema, migrations, givenAway = [] }: MigrateOptions,
): Promise<void> {
  const applied = await appliedIn(db, schema);
  const unknown = applied.filter((name) => !(name in migrations) && !givenAway.includes(name));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
}
