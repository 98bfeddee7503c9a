/** Runs the same tests on both forms of the database. */
import { formsOf, type TestDatabase as TestDatabaseOf } from '@banyan/operations/db/testing/both.ts';
import { connect } from '../connect.ts';
import type { EmbeddingModelId } from '../embedding-model.ts';
import { type Database, SCHEMA } from '../schema.ts';
import { emptyPGlite, openDatabase } from './migrated.ts';

export const testModel: EmbeddingModelId = { id: 'all-MiniLM-L6-v2', dimension: 384 };

export type TestDatabase = TestDatabaseOf<Database>;

export const { onPGlite, onPostgres, onOwnPostgres, onBothDatabases } = formsOf<Database>({
  connect,
  open: (place) => openDatabase(place, testModel),
  dump: emptyPGlite,
  emptied: [
    [SCHEMA, 'chats'],
    [SCHEMA, 'operations'],
    [SCHEMA, 'imported_chats'],
  ],
});
