/** The journal's migrations as they were among an application's own, and not yet in a list of their own. */
import type { Migrations } from '@banyan/operations/db/migrate.ts';
import { migrations } from '../journal/migrations/index.ts';
import { JOURNAL_SCHEMA } from '../journal/tables.ts';

const { '0005-journal': first } = migrations;

export const journalOfBefore: Migrations = {
  ...migrations,
  '0005-journal': {
    async up(db) {
      await db.schema.createSchema(JOURNAL_SCHEMA).execute();
      await first?.up(db);
    },
    async down(db) {
      await first?.down?.(db);
      await db.schema.dropSchema(JOURNAL_SCHEMA).execute();
    },
  },
};
