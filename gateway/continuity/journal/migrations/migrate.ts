/** Brings the journal's tables to the version that the code knows, beside whatever else is in the database. */
import { adoptApplied, createSchema, migrateDown, migrateUp } from '@banyan/operations/db/migrate.ts';
import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import { JOURNAL_SCHEMA, type JournalDb, journalOf } from '../tables.ts';
import { migrations as ours } from './index.ts';

/** Before the journal had a list of its own, its migrations were listed among the application's, in this schema. */
const before = 'banyan';

/**
 * Applies what is missing, all of it or nothing; a journal from before keeps everything. Several processes at once are fine.
 * @returns the names of the migrations that were applied
 * @throws NewerSchemaError, or the error of the migration that failed
 */
export async function migrateJournal(db: AnyDatabase, migrations = ours): Promise<string[]> {
  await createSchema(db, JOURNAL_SCHEMA);
  await adoptApplied(db, { from: before, to: JOURNAL_SCHEMA, names: Object.keys(ours) });
  return migrateUp(db, { schema: JOURNAL_SCHEMA, migrations });
}

/** Takes the newest one back. @returns its name; nothing where there is none */
export function migrateJournalBack(db: AnyDatabase, migrations = ours): Promise<string[]> {
  return migrateDown(db, { schema: JOURNAL_SCHEMA, migrations });
}

/**
 * @param database opens it where it is not yet
 * @returns the same database, seen by the journal; migrated when it is first asked for
 */
export function openedJournal(database: () => Promise<AnyDatabase>): () => Promise<JournalDb> {
  const migrated = new WeakMap<AnyDatabase, Promise<unknown>>();
  return async () => {
    const db = await database();
    const migrating = migrated.get(db) ?? migrateJournal(db);
    migrated.set(db, migrating);
    try {
      await migrating;
    } catch (error) {
      // The next to ask tries again.
      if (migrated.get(db) === migrating) migrated.delete(db);
      throw error;
    }
    return journalOf(db);
  };
}
