/** Brings the database of the new backend to the version that the code knows. */
import { type Migrations, migrateDown, migrateUp } from '@banyan/operations/db/migrate.ts';
import { SCHEMA } from '../services/db/schema.ts';
import type { Db } from '../services/db/transaction.ts';
import { migrations as ours } from './index.ts';

/** The journal's, which has its own list now: databases from before list them here too. */
const ofTheJournal = [
  '0005-journal',
  '0009-journal-procedures',
  '0010-mirror-procedures',
  '0011-mirror-together',
  '0012-duties',
  '0013-overtaken',
];

const optionsOf = (migrations: Migrations) => ({ schema: SCHEMA, migrations, givenAway: ofTheJournal });

/**
 * Applies what is missing, all of it or nothing. Several processes at once are fine: one migrates, the others wait.
 * @returns the names of the migrations that were applied
 * @throws NewerSchemaError, or the error of the migration that failed
 */
export function migrate(db: Db, migrations: Migrations = ours): Promise<string[]> {
  return migrateUp(db, optionsOf(migrations));
}

/** Takes the newest one back. @returns its name; nothing where there is none */
export function migrateBack(db: Db, migrations: Migrations = ours): Promise<string[]> {
  return migrateDown(db, optionsOf(migrations));
}

/** Takes everything back, the newest first; the data are lost. */
export async function migrateToNothing(db: Db, migrations: Migrations = ours): Promise<string[]> {
  const undone: string[] = [];
  for (;;) {
    const names = await migrateBack(db, migrations);
    if (names.length === 0) return undone;
    undone.push(...names);
  }
}
