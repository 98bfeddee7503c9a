/** Runs the same tests on both forms of the database, with the journal in it and no application's tables. */
import { join } from 'node:path';
import { connect } from '@banyan/operations/db/connect.ts';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { formsOf, type TestDatabase as TestDatabaseOf } from '@banyan/operations/db/testing/both.ts';
import { keptDump } from '@banyan/operations/db/testing/kept-dump.ts';
import { migrateJournal } from '../journal/migrations/migrate.ts';
import { JOURNAL_SCHEMA, type JournalDb, type JournalTables } from '../journal/tables.ts';

export type TestDatabase = TestDatabaseOf<JournalTables>;

/** The bare connection. */
export const connectJournal = (place: DatabasePlace): JournalDb =>
  connect<JournalTables>(place, { schema: JOURNAL_SCHEMA });

/** Connected, and with the journal's tables. */
export async function openJournal(place: DatabasePlace): Promise<JournalDb> {
  const db = connectJournal(place);
  await migrateJournal(db);
  return db;
}

const continuity = join(import.meta.dirname, '..');

/** A dump of a PGlite with an empty journal. */
export const emptyJournalDump = keptDump({
  name: 'journal',
  folders: [join(continuity, 'journal/migrations')],
  files: [join(continuity, '../../operations/db/migrate.ts')],
  migrate: migrateJournal,
});

export const { onPGlite, onPostgres, onOwnPostgres, onBothDatabases } = formsOf<JournalTables>({
  connect: connectJournal,
  open: openJournal,
  dump: emptyJournalDump,
  emptied: ['entries', 'keys', 'ids', 'times', 'comparisons'].map(
    (table) => [JOURNAL_SCHEMA, table] as const,
  ),
});
