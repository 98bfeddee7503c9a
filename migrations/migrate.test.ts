import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { NewerSchemaError } from '@banyan/operations/db/errors.ts';
import { bookkeeping, rowsOf, tablesOf } from '@banyan/operations/db/testing/tables.ts';
import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { SCHEMA } from '../services/db/schema.ts';
import { onBothDatabases, onPostgres } from '../services/db/testing/both.ts';
import type { Db } from '../services/db/transaction.ts';
import { migrations } from './index.ts';
import { migrate, migrateBack, migrateToNothing } from './migrate.ts';
import { fillEveryTable, fillTablesThere } from './testing/fill.ts';

const names = Object.keys(migrations);

onBothDatabases((database) => {
  it('goes up, down with data in every table, and up again to the same schema', async () => {
    const db = await database.bare();
    expect(await migrate(db)).toEqual(names);
    const first = await tablesOf(db, SCHEMA);
    const filled = await fillEveryTable(db);
    expect(filled).toEqual(Object.keys(first).filter((name) => !bookkeeping.includes(name)));
    expect(await migrateToNothing(db)).toEqual(names.toReversed());
    expect(Object.keys(await tablesOf(db, SCHEMA))).toEqual(bookkeeping);
    expect(await sequences(db)).toEqual([]);
    expect(await migrate(db)).toEqual(names);
    expect(await tablesOf(db, SCHEMA)).toEqual(first);
    await fillEveryTable(db);
  });

  it.each(names.map((name, index) => [name, index + 1] as const))(
    'goes from %s, with data in every table, to the newest, back and there again, and keeps every row',
    async (_, count) => {
      const db = await database.bare();
      const before = Object.fromEntries(Object.entries(migrations).slice(0, count));
      await migrate(db, before);
      await fillTablesThere(db);
      const rows = await rowCounts(db);
      expect(await migrate(db)).toEqual(names.slice(count));
      const kept = rows.filter(([table]) => !counters.includes(table));
      expect(await rowCounts(db)).toEqual(expect.arrayContaining(kept));
      for (const name of names.slice(count).toReversed()) expect(await migrateBack(db)).toEqual([name]);
      expect((await rowCounts(db)).filter(([table]) => !counters.includes(table))).toEqual(kept);
      expect(await migrate(db)).toEqual(names.slice(count));
    },
  );

  it('does nothing where nothing is missing', async () => {
    expect(await migrate(database.db)).toEqual([]);
  });

  it('keeps the data when a later migration comes', async () => {
    const db = await database.bare();
    await migrate(db);
    await fillEveryTable(db);
    const later = { ...migrations, '9998-later': { up: addColumn, down: async () => {} } };
    expect(await migrate(db, later)).toEqual(['9998-later']);
    expect(await db.selectFrom('chats').select('id').execute()).toHaveLength(1);
  });

  it('refuses a schema that is newer than the code, and says by what', async () => {
    const db = await database.bare();
    await migrate(db, { ...migrations, '9998-later': { up: addColumn, down: async () => {} } });
    const refused = migrate(db);
    await expect(refused).rejects.toThrow(NewerSchemaError);
    await expect(refused).rejects.toThrow(
      'The database is newer than this program: it has 9998-later. Run the version that made it, or a newer one.',
    );
  });

  it('leaves nothing half done when a migration fails in the middle', async () => {
    const db = await database.bare();
    const failing = {
      ...migrations,
      '9998-half': {
        up: async (on: Kysely<unknown>) => {
          await addColumn(on);
          throw new Error('in the middle');
        },
      },
    };
    await expect(migrate(db, failing)).rejects.toThrow('in the middle');
    expect(Object.keys(await tablesOf(db, SCHEMA))).toEqual(bookkeeping);
    expect(await migrate(db)).toEqual(names);
    const columns = (await tablesOf(db, SCHEMA)).chats?.columns ?? [];
    expect(columns.filter((column) => column.startsWith('later '))).toEqual([]);
  });
});

onPostgres((database) => {
  describe('several processes at once', () => {
    it('migrate once, and all of them can go on', async () => {
      const url = await database.fresh();
      const starts = [1, 2, 3, 4].map(() =>
        fork(join(import.meta.dirname, 'testing/migrate-main.ts'), [url]),
      );
      // They load first and wait for the word, so that they really come at once.
      await Promise.all(starts.map((child) => once(child, 'message')));
      const answers = starts.map(async (child) => {
        const ended = once(child, 'exit').then(() => [['it ended']]);
        const [applied] = (await Promise.race([once(child, 'message'), ended])) as [string[]];
        return applied;
      });
      for (const child of starts) child.send('go');
      const applied = await Promise.all(answers);
      expect(applied.flat()).toEqual(names);
    });
  });
});

async function addColumn(db: Kysely<unknown>): Promise<void> {
  await db.schema.withSchema(SCHEMA).alterTable('chats').addColumn('later', 'integer').execute();
}

/** What is counted in these says how many changes there were; it begins anew. */
const counters = ['chat_list_changes', 'state_changes'];

/** How many rows each table has. */
async function rowCounts(db: Db): Promise<[table: string, rows: number][]> {
  return Object.entries(await rowsOf(db, SCHEMA)).map(([table, rows]) => [table, rows.length]);
}

async function sequences(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select sequencename as name from pg_sequences where schemaname = ${SCHEMA}`.execute(db);
  return rows.map(({ name }) => name);
}
