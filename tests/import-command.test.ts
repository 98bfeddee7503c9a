/** `banyan import` as a process: into a database of its own, into a server, and through a gateway that has it open. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningConsole, startConsole } from '@banyan/gateway/console/console.ts';
import { importRoutes } from '@banyan/gateway/console/import-routes.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { type FlagFolder, flagFolder } from '@banyan/gateway/test/support/flag-folder.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asRefusal } from '../banyan.import.ts';
import { routeTable } from '../contract/routes.ts';
import { importLegacy } from '../migrations/import/import.ts';
import {
  aLegacyChat,
  aTurn,
  writeFolder,
  writeManyChats,
} from '../migrations/import/testing/legacy-files.ts';
import { openDatabase } from '../migrations/open.ts';
import { listChats } from '../services/chats/store.ts';
import { onPGlite, onPostgres, testModel } from '../services/db/testing/both.ts';

const root = join(import.meta.dirname, '..');
let parent: string;
let data: string;
let legacy: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'banyan-import-'));
  [data, legacy] = [join(parent, 'data'), join(parent, 'legacy')];
});
afterEach(() => rm(parent, { recursive: true }));

function banyan(args: string[], env: Record<string, string> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const settings = { PATH, HOME, BANYAN_DATA: data, CONSOLE_PORT: '2', ...env };
  const child = spawn(process.execPath, [join(root, 'bin/banyan.mjs'), 'import', ...args], { env: settings });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, out, err })),
  );
  return Object.assign(ended, { child });
}

const twoChats = () =>
  writeFolder(legacy, [aLegacyChat('b', 2, { message_count: 1 }), aLegacyChat('a', 1)], {
    b: [aTurn(0, 'x')],
  });

describe('with a database of its own', () => {
  it('says what it would do, does it, and has nothing to do the next time', async () => {
    await twoChats();
    const dry = await banyan([legacy, '--dry-run']);
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('Dry run: nothing was changed.') });
    expect(dry.out).toContain('2 would be brought over');
    expect(await readdir(parent)).toEqual(['legacy']);
    const done = await banyan([legacy]);
    expect(done.code).toBe(0);
    expect(done.out).toContain('2 chats, 0 in no list, 1 message, 0 documents, 0 chunks');
    expect(done.out).toContain('What is in the database is what was read.');
    expect(done.out).not.toContain('\u001b');
    expect(done.err).toContain('importing: 2 of 2 chats\n');
    const again = JSON.parse((await banyan([legacy, '--json'])).out);
    expect(again).toMatchObject({ done: { brought: 0, alreadyHere: 2 }, verified: { faults: [] } });
    const db = await openDatabase({ folder: join(data, 'new/database') }, testModel);
    expect((await listChats(db)).map(({ id }) => id)).toEqual(['b', 'a']);
    await db.destroy();
  }, 120_000);

  it('exits with 3 where something stayed behind, and says what and why', async () => {
    await writeFolder(legacy, [aLegacyChat('a', 1), aLegacyChat('a', 1, { title: 'hi\u001b[2Jdden' })]);
    const { code, out } = await banyan([legacy, '--dry-run']);
    expect(code).toBe(3);
    expect(out).toContain('1 × left out: The list has this id more than once;');
    expect(out).not.toContain('\u001b');
  });

  it('refuses a folder that no legacy app has worked in, and a database that somebody else has open', async () => {
    const wrong = await banyan([parent, '--dry-run']);
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not the working directory of a legacy app.'),
    });
    await twoChats();
    const db = await openDatabase({ folder: join(data, 'new/database') }, testModel);
    const refused = await banyan([legacy]);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^error: Process \d+ has the database in .* open, and only one can\. Stop it, or /,
    );
    expect(refused.err.trim().split('\n')).toHaveLength(1);
    await db.destroy();
  }, 120_000);

  it('shows how it is written', async () => {
    expect(await banyan([])).toMatchObject({ code: 2 });
    const help = await banyan(['--help']);
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Examples:') });
  }, 120_000);
});

onPostgres((database) => {
  it('goes into the server that DATABASE_URL names, also while a gateway runs', async () => {
    await twoChats();
    const url = await database.fresh();
    expect(await banyan([legacy], { DATABASE_URL: url })).toMatchObject({ code: 0 });
    const db = await openDatabase({ url }, testModel);
    expect(await listChats(db)).toHaveLength(2);
    await db.destroy();
  }, 120_000);
});

onPGlite((database) => {
  let at: FlagFolder;
  let operator: RunningConsole;
  beforeEach(async () => {
    at = flagFolder('routes: {}\n');
    data = at.data;
    const extension = importRoutes(
      (files) =>
        importLegacy({
          ...files,
          db: database.db,
          workFolder: join(data, 'import'),
          python: async () => '',
          rows: 5,
          keep: { deletedPdfs: true, deletedChats: true },
        }).catch(asRefusal),
      silentLog,
    );
    const store = await at.open();
    operator = await startConsole({
      host: '127.0.0.1',
      port: 0,
      dataFolder: at.data,
      flagFile: at.file,
      store,
      table: routeTable,
      application: 'test',
      health: { ready: () => true },
      extensions: [extension],
      log: silentLog,
    });
    const close = operator.close;
    operator.close = () => close().then(() => store.close());
  });
  afterEach(() => operator.close());

  it('goes through the gateway that has the database open, with its progress and its report', async () => {
    await writeManyChats(legacy, 300, 4);
    const { code, out, err } = await banyan([legacy]);
    expect([code, err]).toEqual([0, expect.stringContaining('importing: ')]);
    expect(out).toContain('300 brought over');
    expect(await listChats(database.db)).toHaveLength(300);
    expect(await readdir(data)).not.toContain('new');
  }, 120_000);

  it('has the gateway refuse what it would refuse itself', async () => {
    expect(await banyan([parent])).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not the working directory of a legacy app.'),
    });
  });

  it('stops the gateway at it at Ctrl-C; the next one goes on', async () => {
    await writeManyChats(legacy, 3000, 4);
    const running = banyan([legacy]);
    running.child.stderr.once('data', () => running.child.kill('SIGINT'));
    expect(await running).toMatchObject({ code: 1, err: expect.stringContaining('error: Stopped.') });
    const there = (await listChats(database.db)).length;
    expect(there).toBeLessThan(3000);
    const { done } = JSON.parse((await banyan([legacy, '--json'])).out) as {
      done: { brought: number; alreadyHere: number };
    };
    expect(done.brought + done.alreadyHere).toBe(3000);
    expect(done.alreadyHere).toBeGreaterThanOrEqual(there);
  }, 120_000);
});
