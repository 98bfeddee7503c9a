import { NewerSchemaError } from '@banyan/operations/db/errors.ts';
import { bookkeeping, rowsOf, tablesOf } from '@banyan/operations/db/testing/tables.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectJournal, onBothDatabases, onPostgres } from '../../testing/both.ts';
import { fillJournal } from '../../testing/fill-journal.ts';
import { JOURNAL_SCHEMA } from '../tables.ts';
import { migrations } from './index.ts';
import { migrateJournal, migrateJournalBack, openedJournal } from './migrate.ts';

const names = Object.keys(migrations);
const upTo = (count: number) => Object.fromEntries(Object.entries(migrations).slice(0, count));
const later = { ...migrations, '9998-later': { up: async () => {}, down: async () => {} } };

onBothDatabases((database) => {
  it('goes up, down with data in every table, and up again to the same schema', async () => {
    const db = await database.bare();
    expect(await migrateJournal(db)).toEqual(names);
    const first = await tablesOf(db, JOURNAL_SCHEMA);
    await fillJournal(db);
    const filled = Object.entries(await rowsOf(db, JOURNAL_SCHEMA));
    expect(filled.filter(([, rows]) => rows.length === 0)).toEqual([]);
    for (const name of names.toReversed()) expect(await migrateJournalBack(db)).toEqual([name]);
    expect(await migrateJournalBack(db)).toEqual([]);
    expect(Object.keys(await tablesOf(db, JOURNAL_SCHEMA))).toEqual(bookkeeping);
    expect(await migrateJournal(db)).toEqual(names);
    expect(await tablesOf(db, JOURNAL_SCHEMA)).toEqual(first);
    await fillJournal(db);
  });

  it.each(names.map((name, index) => [name, index + 1] as const))(
    'goes from %s, with data in every table, to the newest, back and there again, and keeps every row',
    async (_, count) => {
      const db = await database.bare();
      await migrateJournal(db, upTo(count));
      await fillJournal(db);
      const counts = async () =>
        Object.entries(await rowsOf(db, JOURNAL_SCHEMA)).map(([table, rows]) => [table, rows.length]);
      const before = await counts();
      expect(await migrateJournal(db)).toEqual(names.slice(count));
      expect(await counts()).toEqual(expect.arrayContaining(before));
      for (const name of names.slice(count).toReversed())
        expect(await migrateJournalBack(db)).toEqual([name]);
      expect(await counts()).toEqual(before);
      expect(await migrateJournal(db)).toEqual(names.slice(count));
    },
  );

  it('refuses a journal that is newer than the code, also where it is asked for again', async () => {
    const db = await database.bare();
    await migrateJournal(db, later);
    const journal = openedJournal(async () => db);
    await expect(journal()).rejects.toThrow(NewerSchemaError);
    await expect(journal()).rejects.toThrow('it has 9998-later');
    await migrateJournalBack(db, later);
    expect(await (await journal()).selectFrom('entries').selectAll().execute()).toEqual([]);
  });
});

onPostgres((database) => {
  describe('several processes at once', () => {
    it('migrate once, and all of them can go on', async () => {
      const url = await database.fresh();
      const all = [1, 2, 3, 4].map(() => connectJournal({ url, connections: 2 }));
      onTestFinished(async () => {
        for (const db of all) await db.destroy();
      });
      const applied = await Promise.all(
        all.map(async (db) => {
          const names = await migrateJournal(db);
          // Whoever only waited has to find the tables there.
          await db.selectFrom('entries').selectAll().execute();
          return names;
        }),
      );
      expect(applied.flat()).toEqual(names);
    });
  });
});
