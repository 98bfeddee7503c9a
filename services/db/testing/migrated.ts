/** Databases with tables, for the tests of services: the one place of theirs that knows of the migrations. */
import { join } from 'node:path';
import { keptDump } from '@banyan/operations/db/testing/kept-dump.ts';
import { seenWith } from '@banyan/operations/db/transaction.ts';
import { vector } from '@electric-sql/pglite-pgvector';
import { migrate } from '../../../migrations/migrate.ts';

export { openDatabase } from '../../../migrations/open.ts';
export { migrate };

const root = join(import.meta.dirname, '../../..');

/** A dump of an empty, migrated PGlite. */
export const emptyPGlite = keptDump({
  name: 'chatbot',
  folders: [join(root, 'migrations')],
  files: [join(root, 'operations/db/migrate.ts')],
  extensions: { vector },
  migrate: (db) => migrate(seenWith(db)),
});
