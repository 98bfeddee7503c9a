/** Brings a database to the version that the code knows. */

import { NewerSchemaError } from '@banyan/operations/db/errors.ts';
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { migrations as ours } from '../../migrations/index.ts';
import { type Database, SCHEMA } from './schema.ts';

type Migrations = Readonly<Record<string, Migration>>;

/**
 * Applies what is missing, all of it or nothing. Several processes at once are fine: one migrates, the others wait.
 * @returns the names of the migrations that were applied
 * @throws NewerSchemaError, or the error of the migration that failed
 */
export async function migrate(db: Kysely<Database>, migrations: Migrations = ours): Promise<string[]> {
  await sql`create schema if not exists ${sql.id(SCHEMA)}`.execute(db).catch(ignoreRace);
  await refuseNewer(db, migrations);
  const { error, results = [] } = await migratorOf(db, migrations).migrateToLatest();
  if (error) {
    // Newer code may have come in between.
    await refuseNewer(db, migrations);
    throw error;
  }
  return results.map(({ migrationName }) => migrationName);
}

/** Takes everything back, the newest first; the data are lost. */
export async function migrateToNothing(
  db: Kysely<Database>,
  migrations: Migrations = ours,
): Promise<string[]> {
  const undone: string[] = [];
  for (;;) {
    const names = await migrateBack(db, migrations);
    if (names.length === 0) return undone;
    undone.push(...names);
  }
}

/** Takes the newest one back. @returns its name; nothing where there is none */
export async function migrateBack(db: Kysely<Database>, migrations: Migrations = ours): Promise<string[]> {
  const { error, results = [] } = await migratorOf(db, migrations).migrateDown();
  if (error) throw error;
  return results.map(({ migrationName }) => migrationName);
}

/** `if not exists` looks first and makes then; two at once can both make. */
function ignoreRace(error: unknown): void {
  const code = (error as { code?: string }).code;
  if (code !== '23505' && code !== '42P06') throw error;
}

function migratorOf(db: Kysely<Database>, migrations: Migrations): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: 'schema_versions',
    migrationLockTableName: 'schema_lock',
    migrationTableSchema: SCHEMA,
  });
}

async function refuseNewer(db: Kysely<Database>, migrations: Migrations): Promise<void> {
  const unknown = (await applied(db)).filter((name) => !(name in migrations));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
}

async function applied(db: Kysely<Database>): Promise<string[]> {
  const table = `${SCHEMA}.schema_versions`;
  const found = await sql<{ oid: string | null }>`select to_regclass(${table})::text as oid`.execute(db);
  if (!found.rows[0]?.oid) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}
