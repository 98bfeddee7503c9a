/** An installation of the chatbot from when the journal's migrations were among its own: it opens, with everything in it. */

import { migrations as ofTheJournal } from '@banyan/gateway/continuity/journal/migrations/index.ts';
import { openedJournal } from '@banyan/gateway/continuity/journal/migrations/migrate.ts';
import { JOURNAL_SCHEMA } from '@banyan/gateway/continuity/journal/tables.ts';
import { fillJournal } from '@banyan/gateway/continuity/testing/fill-journal.ts';
import { journalOfBefore } from '@banyan/gateway/continuity/testing/journal-of-before.ts';
import { appliedIn, migrateUp } from '@banyan/operations/db/migrate.ts';
import { rowsOf } from '@banyan/operations/db/testing/tables.ts';
import { expect, it } from 'vitest';
import { migrations } from '../migrations/index.ts';
import { migrate } from '../migrations/migrate.ts';
import { fillEveryTable } from '../migrations/testing/fill.ts';
import { SCHEMA } from '../services/db/schema.ts';
import { onBothDatabases } from '../services/db/testing/both.ts';

const journalNames = Object.keys(ofTheJournal);

/** The last one that was among the chatbot's. */
const last = '0013-overtaken';

/** As the program before listed them. */
const all = Object.fromEntries(
  Object.entries({ ...migrations, ...journalOfBefore })
    .filter(([name]) => name <= last)
    .sort(([one], [other]) => (one < other ? -1 : 1)),
);

/** By table, each row with its columns: later migrations may add some. */
const rowsIn = async (db: Parameters<typeof rowsOf>[0], schema: string) =>
  Object.fromEntries(
    Object.entries(await rowsOf(db, schema)).map(([table, rows]) => [
      table,
      rows.map((row): unknown => JSON.parse(row)),
    ]),
  );

onBothDatabases((database) => {
  it('keeps every row of the chatbot and of the journal, at the first start and at the second', async () => {
    const db = await database.bare();
    expect(await migrateUp(db, { schema: SCHEMA, migrations: all })).toHaveLength(13);
    await fillEveryTable(db);
    await fillJournal(db);
    const rows = async () => [await rowsIn(db, SCHEMA), await rowsIn(db, JOURNAL_SCHEMA)];
    const before = await rows();
    for (let start = 0; start < 2; start++) {
      expect(await migrate(db)).toEqual([]);
      const journal = await openedJournal(async () => db)();
      // Tables and columns of later migrations are there too.
      expect(await rows()).toMatchObject(before);
      expect(
        await journal.selectFrom('entries').select('id').where('pinned', 'is', true).execute(),
      ).toHaveLength(1);
      expect(await appliedIn(db, SCHEMA)).toEqual(Object.keys(all));
      expect(await appliedIn(db, JOURNAL_SCHEMA)).toEqual(journalNames);
    }
  });

  it('is told from a new one, whose two lists have nothing in common', async () => {
    const db = await database.bare();
    expect(await migrate(db)).toEqual(Object.keys(migrations));
    await openedJournal(async () => db)();
    expect(await appliedIn(db, SCHEMA)).toEqual(Object.keys(migrations));
    expect(await appliedIn(db, JOURNAL_SCHEMA)).toEqual(journalNames);
  });
});
