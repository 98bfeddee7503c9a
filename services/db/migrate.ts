/** Brings a database to the version that the code knows. */
import { type Kysely, sql } from 'kysely';
import { type MigrationResultSet, Migrator } from 'kysely/migration';
import { migrations } from '../../migrations/index.ts';
import { SCHEMA } from './dialects.ts';
import type { Database } from './schema.ts';

/** The database has migrations that this code does not know: newer code has been here. */
export class NewerSchemaError extends Error {
  constructor(unknown: string[]) {
    super(
      `The database is newer than this program: it has ${unknown.join(', ')}. Run the version that made it, or a newer one.`,
    );
    this.name = 'NewerSchemaError';
  }
}

/** Several processes at once are fine: one migrates, the others wait. */
export async function migrate(db: Kysely<Database>, to: 'latest' | 'nothing' = 'latest'): Promise<string[]> {
  await sql`create schema if not exists ${sql.id(SCHEMA)}`.execute(db).catch(ignoreRace);
  const unknown = (await applied(db)).filter((name) => !(name in migrations));
  if (unknown.length > 0) throw new NewerSchemaError(unknown);
  const migrator = migratorOf(db);
  if (to === 'latest') return namesOf(await migrator.migrateToLatest());
  const done: string[] = [];
  for (;;) {
    const names = namesOf(await migrator.migrateDown());
    if (names.length === 0) return done;
    done.push(...names);
  }
}

/** `if not exists` looks first and makes then; two at once can both make. */
function ignoreRace(error: unknown): void {
  const code = (error as { code?: string }).code;
  if (code !== '23505' && code !== '42P06') throw error;
}

function migratorOf(db: Kysely<Database>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: 'schema_versions',
    migrationLockTableName: 'schema_lock',
    migrationTableSchema: SCHEMA,
  });
}

async function applied(db: Kysely<Database>): Promise<string[]> {
  const table = await sql<{
    found: string | null;
  }>`select to_regclass(${`${SCHEMA}.schema_versions`}) as found`.execute(db);
  if (!table.rows[0]?.found) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.id(SCHEMA, 'schema_versions')}`.execute(
    db,
  );
  return rows.map((row) => row.name);
}

function namesOf({ error, results = [] }: MigrationResultSet): string[] {
  if (error) throw error;
  return results.map((result) => result.migrationName);
}
