/** A server that takes no writes, or ends statements: it is not available, and the connection that says so is not used again. */

import { isAway } from '@banyan/operations/db/away.ts';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { connect } from './connect.ts';
import { onPostgres, testModel } from './testing/both.ts';
import { openDatabase } from './testing/migrated.ts';

const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('it was done'),
    (error: unknown) => error,
  );

onPostgres((database) => {
  const one = async () => {
    const db = connect({ url: await database.fresh(), connections: 1 });
    onTestFinished(() => db.destroy());
    await sql`create table things (id integer)`.execute(db);
    return db;
  };
  type Db = Awaited<ReturnType<typeof one>>;
  const session = async (db: Db) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    return rows[0]?.pid;
  };
  const write = (db: Db) => sql`insert into things values (1)`.execute(db);

  it.each<[string, string, (db: Db) => Promise<unknown>]>([
    ['is read-only, as a standby is', 'set session characteristics as transaction read only', write],
    ['cancels statements', 'set statement_timeout = 1', (db) => sql`select pg_sleep(1)`.execute(db)],
    ['gives no lock in time', 'set lock_timeout = 1', (db) => lockedOut(db)],
  ])('that %s counts as away, and another connection is taken', async (_, setting, statement) => {
    const db = await one();
    await sql.raw(setting).execute(db);
    const before = await session(db);
    expect(isAway(await caught(statement(db)))).toBe(true);
    expect(await session(db)).not.toBe(before);
    await write(db);
  });

  it('counts as away in the middle of a transaction too, with what PostgreSQL said', async () => {
    const db = await one();
    const before = await session(db);
    const error = await caught(
      db.transaction().execute(async (tx) => {
        await sql`set transaction read only`.execute(tx);
        await sql`insert into things values (2)`.execute(tx);
      }),
    );
    expect(error).toMatchObject({ code: '25006' });
    expect(isAway(error)).toBe(true);
    expect(await session(db)).not.toBe(before);
  });

  it('keeps its connection where a statement is refused for a reason of its own', async () => {
    const db = await one();
    const before = await session(db);
    expect(isAway(await caught(sql`select no_such_column from things`.execute(db)))).toBe(false);
    expect(await session(db)).toBe(before);
  });

  it('says at the start that it is a standby, and what to do', async () => {
    const url = await database.fresh();
    const name = new URL(url).pathname.slice(1);
    await sql.raw(`alter database "${name}" set default_transaction_read_only = on`).execute(database.db);
    await expect(openDatabase({ url }, testModel)).rejects.toThrow(
      /read-only transaction\. It is a standby, or set to be read-only: point DATABASE_URL at/,
    );
  });

  /** Waits for what another connection holds. */
  async function lockedOut(db: Db): Promise<unknown> {
    const other = connect({ url: await urlOf(db), connections: 1 });
    onTestFinished(() => other.destroy());
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    const holding = other.transaction().execute(async (tx) => {
      await sql`lock table things in access exclusive mode`.execute(tx);
      hold();
      await over;
    });
    await held;
    return write(db).finally(async () => {
      end();
      await holding;
    });
  }

  async function urlOf(db: Db): Promise<string> {
    const { rows } = await sql<{ name: string; port: number }>`
      select current_database() as name, current_setting('port') as port`.execute(db);
    return `postgres://postgres@127.0.0.1:${rows[0]?.port}/${rows[0]?.name}`;
  }
});
