/** A journal whose migrations are listed among those of an application, as they were until the journal had its own list. */
import { type Migrations, migrateDown, migrateUp } from '@banyan/operations/db/migrate.ts';
import { rowsOf, tablesOf } from '@banyan/operations/db/testing/tables.ts';
import { type Kysely, sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { connectJournal, onBothDatabases, onPostgres } from '../../testing/both.ts';
import { fillJournal } from '../../testing/fill-journal.ts';
import { journalOfBefore } from '../../testing/journal-of-before.ts';
import { JOURNAL_SCHEMA, type JournalDb } from '../tables.ts';
import { migrations } from './index.ts';
import { migrateJournal } from './migrate.ts';

const schema = 'banyan';
const names = Object.keys(migrations);

/** An application's own, around those of the journal. */
const own: Migrations = {
  '0001-things': { up: makeThings, down: async () => {} },
  '0006-nothing': { up: async () => {}, down: async () => {} },
};
const givenAway = names;
const application = { schema, migrations: own, givenAway };

async function makeThings(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(schema).createTable('things').addColumn('id', 'text').execute();
  await sql`insert into banyan.things values ('kept')`.execute(db);
}

/** As a program from before left it, with the first `count` of all its migrations. */
async function asBefore(db: JournalDb, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const all = Object.entries({ ...own, ...journalOfBefore }).sort(([one], [other]) => (one < other ? -1 : 1));
  await migrateUp(db, { schema, migrations: Object.fromEntries(all.slice(0, count)) });
  await fillJournal(db);
  return listed(db, schema);
}

async function listed(db: JournalDb, where: string): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select name || ' ' || timestamp as line from ${sql.table(`${where}.schema_versions`)} order by 1`.execute(
    db,
  );
  return rows.map(({ line }) => line);
}

const ofTheJournal = (lines: readonly string[]) =>
  lines.filter((line) => names.includes(line.split(' ')[0] ?? ''));

onBothDatabases((database) => {
  it('keeps every row, and takes over what was applied and when; also the second time', async () => {
    const db = await database.bare();
    const before = await asBefore(db);
    const [rows, things] = [await rowsOf(db, JOURNAL_SCHEMA), await rowsOf(db, schema)];
    expect(rows.entries).toHaveLength(4);
    expect([rows.ids, rows.duties, rows.gateways].map((each) => each?.length)).toEqual([1, 1, 1]);
    for (let start = 0; start < 2; start++) {
      expect(await migrateUp(db, application)).toEqual([]);
      expect(await migrateJournal(db)).toEqual([]);
      expect(await rowsOf(db, JOURNAL_SCHEMA)).toEqual(rows);
      expect(await rowsOf(db, schema)).toEqual(things);
      expect(await listed(db, JOURNAL_SCHEMA)).toEqual(ofTheJournal(before));
      expect(await listed(db, schema)).toEqual(before);
    }
  });

  it('is as a new one then', async () => {
    const [old, fresh] = [await database.bare(), await database.bare()];
    await asBefore(old);
    for (const db of [old, fresh]) await migrateJournal(db);
    expect(await tablesOf(old, JOURNAL_SCHEMA)).toEqual(await tablesOf(fresh, JOURNAL_SCHEMA));
  });

  it('goes on from where the program before had come to', async () => {
    const db = await database.bare();
    // 0001, 0005, 0006, 0009.
    const before = await asBefore(db, 4);
    const { entries } = await rowsOf(db, JOURNAL_SCHEMA);
    expect(await migrateUp(db, application)).toEqual([]);
    expect(await migrateJournal(db)).toEqual(names.slice(2));
    expect((await rowsOf(db, JOURNAL_SCHEMA)).entries).toHaveLength(entries?.length ?? 0);
    expect(ofTheJournal(before)).toHaveLength(2);
    expect(await listed(db, JOURNAL_SCHEMA)).toHaveLength(names.length);
  });

  it('lets the application have later migrations, and take back its own', async () => {
    const db = await database.bare();
    await asBefore(db);
    const later = {
      ...application,
      migrations: { ...own, '0099-later': { up: async () => {}, down: async () => {} } },
    };
    expect(await migrateUp(db, later)).toEqual(['0099-later']);
    expect(await migrateDown(db, later)).toEqual(['0099-later']);
    expect(await migrateJournal(db)).toEqual([]);
  });

  it('is not taken over where its migrations were taken back since', async () => {
    const db = await database.bare();
    await asBefore(db);
    await migrateJournal(db);
    expect(await migrateDown(db, { schema: JOURNAL_SCHEMA, migrations })).toEqual(['0016-incarnations']);
    expect(await migrateJournal(db)).toEqual(['0016-incarnations']);
  });
});

onPostgres((database) => {
  it('is taken over once by several that start at the same time', async () => {
    const url = await database.fresh();
    const all = [1, 2, 3, 4].map(() => connectJournal({ url, connections: 2 }));
    onTestFinished(async () => {
      for (const db of all) await db.destroy();
    });
    const [first] = all;
    if (!first) return;
    const before = await asBefore(first);
    const rows = await rowsOf(first, JOURNAL_SCHEMA);
    const applied = await Promise.all(all.map((db) => migrateJournal(db)));
    expect(applied.flat()).toEqual([]);
    expect(await rowsOf(first, JOURNAL_SCHEMA)).toEqual(rows);
    expect(await listed(first, JOURNAL_SCHEMA)).toEqual(ofTheJournal(before));
  });
});
