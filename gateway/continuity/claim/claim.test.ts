/** Who has the database: two claims on one, of processes that are alive, paused, killed, or elsewhere. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openSession } from '@banyan/operations/db/session.ts';
import { CompiledQuery, sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { silentLog } from '../../log.ts';
import { isFencedOff } from '../journal/fenced.ts';
import { call } from '../journal/procedures.ts';
import { journalOf } from '../journal/tables.ts';
import { onOwnPostgres, onPGlite, openJournal } from '../testing/both.ts';
import { Claim, type ClaimOptions, refuseIfClaimed } from './claim.ts';
import { thisProcess } from './process.ts';

/** As from a container of its own: ids of processes there say nothing here. */
const elsewhere = { ...thisProcess(), host: 'other', place: 'another boot' };
const never = async () => expect.fail('the database is asked by a session');

function optionsAt(url: string, options: Partial<ClaimOptions> = {}): ClaimOptions {
  return { openSession: (name) => openSession(url, name), query: never, log: silentLog, ...options };
}

async function take(url: string, options: Partial<ClaimOptions> = {}): Promise<Claim> {
  const claim = await Claim.take(optionsAt(url, options));
  onTestFinished(() => claim.close());
  return claim;
}

/** A process that has the database at `url`. */
async function holder(url: string): Promise<{ child: ChildProcess; pid: number }> {
  const child = fork(join(import.meta.dirname, '../testing/claim-main.ts'), [url]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return { child, pid: child.pid ?? 0 };
}

onOwnPostgres((database) => {
  const migrated = async () => {
    const url = await database.fresh();
    await (await openJournal({ url, connections: 1 })).destroy();
    return url;
  };

  it('is refused while its holder lives, and says who that is; what writes without one is refused too', async () => {
    const url = await migrated();
    const first = await take(url);
    await first.noteConsole('http://127.0.0.1:8081');
    const { pid, host } = thisProcess();
    const refused = { code: 'gateway_claimed', details: { pid, host, console: 'http://127.0.0.1:8081' } };
    await expect(take(url)).rejects.toMatchObject(refused);
    await expect(take(url, { self: elsewhere })).rejects.toMatchObject(refused);
    const session = await openSession(url, 'another');
    onTestFinished(() => session.close());
    await expect(refuseIfClaimed(session)).rejects.toMatchObject(refused);
    await first.close();
    await refuseIfClaimed(session);
    expect(Number((await take(url)).fence)).toBe(Number(first.fence) + 1);
  });

  it('is free at once after kill -9 of its holder, and nobody has it from one that is paused', async () => {
    const url = await migrated();
    const { child, pid } = await holder(url);
    process.kill(pid, 'SIGSTOP');
    await expect(take(url)).rejects.toMatchObject({ code: 'gateway_claimed', details: { pid } });
    await expect(take(url, { self: elsewhere })).rejects.toMatchObject({ code: 'gateway_claimed' });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const began = performance.now();
    await take(url);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('is free soon after kill -9 of a holder elsewhere, of which only the connection can be seen', async () => {
    const url = await migrated();
    const { child } = await holder(url);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const began = performance.now();
    // The server finds the connection broken a moment after the process is gone.
    const sessions = sql`select from pg_stat_activity
      where datname = ${new URL(url).pathname.slice(1)} and application_name like 'banyan gateway %'`;
    await until(
      async () => (await sessions.execute(database.db)).rows.length === 0,
      3000,
      'the session to end',
    );
    await take(url, { self: elsewhere });
    expect(performance.now() - began).toBeLessThan(3000);
  });

  it('stays with a holder elsewhere whose connection broke, or whose server starts again, as that one connects again', async () => {
    const url = await migrated();
    const first = await take(url);
    const { db } = database;
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = ${`banyan gateway ${first.id}`}`.execute(db);
    await expect(take(url, { self: elsewhere })).rejects.toMatchObject({ code: 'gateway_claimed' });
    await database.server.kill();
    await database.server.restart();
    await expect(take(url, { self: elsewhere })).rejects.toMatchObject({ code: 'gateway_claimed' });
    first.check();
  });

  it('goes where a person says that its holder is gone, who notices although nobody asks it anything', async () => {
    const url = await migrated();
    const first = await take(url);
    const second = await take(url, { self: elsewhere, saidGone: first.id });
    const error = await first.lost;
    expect(error).toMatchObject({
      code: 'claim_lost',
      details: { where: `process ${process.pid} on other` },
    });
    expect(() => first.check()).toThrow(error);
    // It has nothing to give back any more.
    await first.close();
    await expect(take(url, { self: elsewhere })).rejects.toMatchObject({ code: 'gateway_claimed' });
    second.check();
  });

  it('is had by one of many that come at once', async () => {
    const url = await migrated();
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => take(url)));
    const refused = all.filter((each) => each.status === 'rejected');
    expect(refused).toHaveLength(5);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'gateway_claimed' });
  });

  it('is not taken over while a transaction that has looked at the fence is open, and none looks at it meanwhile', async () => {
    const url = await migrated();
    const first = await take(url);
    const db = await openJournal({ url });
    onTestFinished(() => db.destroy());
    const look = { tx: Promise.withResolvers<void>(), end: Promise.withResolvers<void>() };
    const open = journalOf(db)
      .transaction()
      .execute(async (tx) => {
        await call(tx, 'check_fence', ['gateway', first.fence]);
        look.tx.resolve();
        await look.end.promise;
      });
    await look.tx.promise;
    let isTaken = false;
    const taking = take(url, { self: elsewhere, saidGone: first.id }).then(() => {
      isTaken = true;
    });
    const waits = async () => {
      const { rows } = await sql`select from pg_locks where not granted`.execute(db);
      return rows.length > 0;
    };
    await until(waits, 5000, 'the takeover to wait');
    const late = call(journalOf(db), 'check_fence', ['gateway', first.fence]).catch(
      (error: unknown) => error,
    );
    expect(isTaken).toBe(false);
    look.end.resolve();
    await Promise.all([open, taking]);
    expect(isFencedOff(await late)).toBe(true);
  });
});

onPGlite((database) => {
  it('of an embedded database is free for the next process, whose lock on the folder has been taken', async () => {
    const db = journalOf(database.db);
    const query: ClaimOptions['query'] = async <Row>(text: string, values: readonly unknown[] = []) =>
      (await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
    const options = { query, log: silentLog };
    const first = await Claim.take(options);
    await expect(Claim.take(options)).rejects.toMatchObject({ code: 'gateway_claimed' });
    const second = await Claim.take({ ...options, self: elsewhere });
    expect(Number(second.fence)).toBe(Number(first.fence) + 1);
    await Promise.all([first.close(), second.close()]);
  });
});
