import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, statSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseInUseError, DatabaseUnusableError } from '@banyan/operations/db/errors.ts';
import { SyncedFolder, syncedStart } from '@banyan/operations/db/synced-folder.ts';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listMessages } from '../messages/store.ts';
import { connect } from './connect.ts';
import { OtherModelError } from './embedding-model.ts';
import { onBothDatabases, onOwnPostgres, testModel } from './testing/both.ts';
import { at, say } from './testing/data.ts';
import { emptyPGlite, migrate, openDatabase } from './testing/migrated.ts';

onBothDatabases((database) => {
  it('gives times back with all their digits', async () => {
    const { db } = database;
    const times = [at(1, 0), at(2, 1), at(3, 120_000), at(4, 999_999)];
    for (const time of times) {
      const { rows } = await sql<{ time: string }>`select ${time}::timestamp(6) as time`.execute(db);
      expect(rows).toEqual([{ time }]);
    }
  });

  it('finds its tables whatever search path somebody else sets', async () => {
    const { db } = database;
    await sql`set search_path to pg_catalog, public`.execute(db);
    expect(await say(db, 'x', 'hello')).toBe(2);
    await sql`set search_path to public`.execute(db);
  });
});

describe('a folder', () => {
  let parent: string;
  let folder: string;
  beforeEach(async () => {
    parent = await realpath(await mkdtemp(join(tmpdir(), 'pglite-')));
    folder = join(parent, 'database');
  });
  let writer: ChildProcess | undefined;
  afterEach(async () => {
    writer?.kill('SIGKILL');
    await rm(parent, { recursive: true, force: true });
  });

  it.runIf(process.platform === 'linux')(
    'is written to the disk before a commit is acknowledged',
    async () => {
      const synced: string[] = [];
      const sync = (descriptor: number) => {
        synced.push(readlinkSync(`/proc/self/fd/${descriptor}`));
      };
      const pglite = await PGlite.create({
        fs: new SyncedFolder(folder, sync),
        startParams: syncedStart,
        extensions: { vector },
        loadDataDir: await emptyPGlite(),
      });
      for (const name of ['a', 'b']) {
        synced.length = 0;
        await pglite.query('insert into banyan.operations (id) values ($1)', [name]);
        expect(synced).toEqual([expect.stringContaining('/pg_wal/')]);
      }
      synced.length = 0;
      await pglite.exec('checkpoint');
      expect(synced.filter((file) => file.includes('/base/'))).not.toEqual([]);
      await pglite.close();
    },
  );

  it('keeps what was written, and is free again once it is closed', async () => {
    const first = await openDatabase({ folder, from: await emptyPGlite() }, testModel);
    await say(first, 'x', 'hello');
    await first.destroy();
    expect(await readdir(parent)).toEqual(['database']);
    // The database makes files for its owner alone, whatever the umask of whoever runs it is.
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    const open = files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => statSync(path).mode & 0o077);
    expect([files.length > 900, open]).toEqual([true, []]);
    const second = await openDatabase({ folder }, testModel);
    expect(await listMessages(second, 'x')).toHaveLength(2);
    await second.destroy();
  });

  it('is not opened twice, by whatever name, and the message says what to do', async () => {
    const first = await openDatabase({ folder, from: await emptyPGlite() }, testModel);
    await symlink(folder, join(parent, 'link'));
    for (const name of [folder, join(parent, 'link')]) {
      const refused = openDatabase({ folder: name }, testModel);
      await expect(refused).rejects.toThrow(DatabaseInUseError);
      await expect(refused).rejects.toThrow(
        `Process ${process.pid} has the database in ${name} open, and only one can. Stop it, or set BANYAN_DATA`,
      );
    }
    await say(first, 'x', 'still works');
    await first.destroy();
  });

  it('is refused while another process has it, and has all that was acknowledged when that one is killed', async () => {
    const empty = await openDatabase({ folder, from: await emptyPGlite() }, testModel);
    await empty.destroy();
    const child = fork(join(import.meta.dirname, 'testing/writer-main.ts'), [folder]);
    writer = child;
    let acknowledged = 0;
    await new Promise<void>((resolve) =>
      child.on('message', (turns) => {
        acknowledged = Number(turns);
        if (acknowledged >= 60) resolve();
      }),
    );
    await expect(openDatabase({ folder }, testModel)).rejects.toThrow(
      `Process ${child.pid} has the database in`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const db = await openDatabase({ folder }, testModel);
    const messages = await listMessages(db, 'x');
    expect(messages.length).toBeGreaterThanOrEqual(acknowledged);
    expect(messages.length % 2).toBe(0);
    expect(await say(db, 'x', 'goes on')).toBe(messages.length + 2);
    await db.destroy();
  });

  it('is refused with vectors of another model, with what to do, and is free again', async () => {
    const first = await openDatabase({ folder, from: await emptyPGlite() }, testModel);
    await first.destroy();
    for (const other of [
      { ...testModel, id: 'other' },
      { ...testModel, dimension: 768 },
    ]) {
      const refused = openDatabase({ folder }, other);
      await expect(refused).rejects.toThrow(OtherModelError);
      await expect(refused).rejects.toThrow(
        `The database has vectors of all-MiniLM-L6-v2 (384 dimensions), the program is set to ${other.id} (${other.dimension}). ` +
          'Set the model that the database has in services/rag/configuration.ts, or start with an empty database',
      );
    }
    expect(await readdir(parent)).toEqual(['database']);
  });
});

onOwnPostgres((database) => {
  it('reads times right where the server prints them in another way', async () => {
    const url = await database.fresh();
    const admin = connect({ url });
    await sql`alter database ${sql.id(new URL(url).pathname.slice(1))} set datestyle to 'German'`.execute(
      admin,
    );
    await admin.destroy();
    const db = await openDatabase({ url }, testModel);
    await say(db, 'x', 'hello', 'hi', 7);
    expect(await listMessages(db, 'x')).toMatchObject([{ createdAt: at(7) }, { createdAt: at(7) }]);
    await db.destroy();
  });

  it('keeps what was acknowledged when the server is killed, and goes on when it is back', async () => {
    const url = await database.fresh();
    const db = await openDatabase({ url }, testModel);
    for (let n = 0; n < 20; n++) await say(db, 'x', `${n}`);
    await database.server.kill();
    await expect(listMessages(db, 'x')).rejects.toThrow();
    await database.server.restart();
    expect(await listMessages(db, 'x')).toHaveLength(40);
    expect(await say(db, 'x', 'goes on')).toBe(42);
    await db.destroy();
  });

  it('is refused for another model', async () => {
    const url = await database.fresh();
    const db = await openDatabase({ url }, testModel);
    await db.destroy();
    await expect(openDatabase({ url }, { ...testModel, id: 'other' })).rejects.toThrow(OtherModelError);
  });

  it('says what to do about a server that cannot be used, and never its password', async () => {
    const url = new URL(await database.fresh());
    url.password = 'secret';
    const at = async (change: (url: URL) => void) => {
      const other = new URL(url);
      change(other);
      const error = await openDatabase({ url: other.href }, testModel).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DatabaseUnusableError);
      const { message } = error as Error;
      expect(message).not.toContain('secret');
      return message;
    };
    const closed = await closedPort();
    expect(
      await at((u) => {
        u.port = `${closed}`;
      }),
    ).toMatch(
      /^The database at 127\.0\.0\.1:\d+\/test_\d+ cannot be used: .*ECONNREFUSED.* Start it, or correct DATABASE_URL\.$/,
    );
    expect(
      await at((u) => {
        u.pathname = '/nowhere';
      }),
    ).toMatch(/database "nowhere" does not exist\. Make that database/);
    expect(
      await at((u) => {
        u.username = 'nobody';
      }),
    ).toMatch(/role "nobody" does not exist\. Correct the user/);
    const admin = connect({ url: url.href });
    await sql`create role guest login`.execute(admin);
    await admin.destroy();
    expect(
      await at((u) => {
        u.username = 'guest';
      }),
    ).toMatch(/permission denied .* Let its user make schemas and extensions/);
  });

  it('is migrated by the first to come and opened by all', async () => {
    const url = await database.fresh();
    const all = await Promise.all([1, 2, 3, 4].map(() => openDatabase({ url, connections: 2 }, testModel)));
    for (const db of all) {
      expect(await migrate(db)).toEqual([]);
      await db.destroy();
    }
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
