/** An import that is repeated: after it was killed, after legacy has changed, after the new backend has. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createChat, deleteChat, listChats, renameChat } from '../../services/chats/store.ts';
import { OtherModelError } from '../../services/db/embedding-model.ts';
import { onBothDatabases, onPGlite, onPostgres, testModel } from '../../services/db/testing/both.ts';
import { say } from '../../services/db/testing/data.ts';
import type { Db } from '../../services/db/transaction.ts';
import { listMessages } from '../../services/messages/store.ts';
import { python } from '../../tools/setup/testing/places.ts';
import { openDatabase } from '../open.ts';
import { importInto } from './import-into.ts';
import { aDocument, listed, makeChroma } from './testing/chroma-folder.ts';
import { aLegacyChat, aTurn, second, writeFolder, writeManyChats } from './testing/legacy-files.ts';
import { remarks, runImport } from './testing/run-import.ts';
import { contents, everyRow } from './testing/tables.ts';

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'again-'));
  folder = join(parent, 'legacy');
});
afterEach(() => rm(parent, { recursive: true }));

const chats = (...change: [string, number, object?][]) =>
  change.map(([id, n, more]) => aLegacyChat(id, n, more));

/** Starting Chroma takes seconds: this one is made once. */
let mixed: string;
beforeAll(async () => {
  mixed = await mkdtemp(join(tmpdir(), 'mixed-'));
  await writeManyChats(mixed, 120, 6);
  const collections = Array.from({ length: 12 }, (_, n) => ({
    name: `chat_with${n}`,
    records: aDocument(`d${n}`, 'a.pdf', 30),
  }));
  await makeChroma(mixed, [...collections, { name: 'chat_deleted', records: aDocument('gone', 'x.pdf', 3) }]);
  const pdf_list = [listed('a.pdf', 30)];
  const list = collections.map((_, n) => aLegacyChat(`with${n}`, n, { pdf_list, message_count: 2 }));
  const turns = Object.fromEntries(list.map(({ id }) => [id, [aTurn(0, 'x'), aTurn(1, 'y')]]));
  const many = JSON.parse(await readFile(join(mixed, 'chat_history.json'), 'utf8')) as object[];
  await writeFolder(mixed, [...many.slice(0, 60), ...list, ...many.slice(60)], turns);
}, 120_000);
afterAll(() => rm(mixed, { recursive: true }));

const aMixedFolder = () => cp(mixed, folder, { recursive: true });

const longChats = 50;
/** Each is a step of some twenty statements. */
const writeLongChats = () => writeManyChats(folder, longChats, 100);

/** Kills an import at a statement, later each time, until one gets to its end. @returns how many were killed */
async function killedAgainAndAgain(place: string): Promise<number> {
  let kills = 0;
  for (let statement = 30; ; statement = Math.ceil(statement * 2.5)) {
    const work = join(parent, 'work');
    const child = fork(join(import.meta.dirname, 'testing/import-main.ts'), [
      place,
      folder,
      work,
      `${statement}`,
    ]);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (code === 0) return kills;
    if (signal !== 'SIGKILL') throw new Error(`it ended with ${code ?? signal}`);
    kills++;
  }
}

async function expectSameAsUndisturbed(db: Db, undisturbed: Db): Promise<void> {
  expect((await runImport(folder, undisturbed)).verified?.faults).toEqual([]);
  const again = await runImport(folder, db);
  expect(again).toMatchObject({
    done: { brought: 0, updated: 0, alreadyHere: longChats, kept: 0 },
    verified: { faults: [] },
  });
  expect(await contents(db)).toEqual(await contents(undisturbed));
}

onPGlite((database) => {
  it('goes on where it was killed, and comes to what one that nobody disturbed comes to', async () => {
    await writeLongChats();
    const place = { folder: join(parent, 'database') };
    expect(await killedAgainAndAgain(place.folder)).toBeGreaterThan(2);
    const db = await openDatabase(place, testModel);
    await expectSameAsUndisturbed(db, database.db);
    await db.destroy();
  }, 300_000);
});

onPostgres((database) => {
  it('goes on where it was killed, and comes to what one that nobody disturbed comes to', async () => {
    await writeLongChats();
    const url = await database.fresh();
    expect(await killedAgainAndAgain(url)).toBeGreaterThan(2);
    const db = await openDatabase({ url }, testModel);
    await expectSameAsUndisturbed(db, database.db);
    await db.destroy();
  }, 300_000);
});

onBothDatabases((database) => {
  it('changes nothing in a dry run, whatever is there, and says what it would do', async () => {
    await aMixedFolder();
    const { db } = database;
    const empty = await everyRow(db);
    const report = await runImport(folder, db, { dryRun: true });
    expect(report).toMatchObject({
      dryRun: true,
      done: { brought: 133, alreadyHere: 0 },
      source: { chats: 132, unlisted: 1, chunks: 363 },
    });
    expect(report.verified).toBeUndefined();
    expect(await everyRow(db)).toEqual(empty);
    const done = await runImport(folder, db);
    expect({ ...done, dryRun: true, took: 0, verified: undefined }).toEqual({
      ...report,
      took: 0,
      verified: undefined,
    });
    const full = await everyRow(db);
    await writeFolder(folder, chats(['new', 9]));
    expect(await runImport(folder, db, { dryRun: true })).toMatchObject({ done: { brought: 1 } });
    expect(await everyRow(db)).toEqual(full);
  });

  it('refuses a database with vectors of another model, dry run or not, as legacy’s would be found at random among them', async () => {
    await writeFolder(folder, chats(['a', 1]));
    const { db } = database;
    const model = await db.selectFrom('embedding_model').selectAll().executeTakeFirstOrThrow();
    await db.updateTable('embedding_model').set({ id: 'another-model' }).execute();
    try {
      for (const dryRun of [true, false])
        await expect(runImport(folder, db, { dryRun })).rejects.toThrow(OtherModelError);
      expect(await listChats(db)).toEqual([]);
    } finally {
      await db.updateTable('embedding_model').set({ id: model.id }).execute();
    }
  });

  it('does not need a database that is migrated for a dry run', async () => {
    await writeFolder(folder, chats(['a', 1]));
    const bare = await database.bare();
    expect(await runImport(folder, bare, { dryRun: true })).toMatchObject({ done: { brought: 1 } });
  });

  it('brings up to date what legacy has changed since, in its order', async () => {
    const { db } = database;
    await writeFolder(folder, chats(['b', 2], ['a', 1]), { a: [aTurn(0, 'first')] });
    await runImport(folder, db);
    await writeFolder(
      folder,
      chats(['c', 3], ['b', 2], ['a', 1, { title: 'Renamed', updated_at: second(500) }]),
      {
        a: [aTurn(0, 'first'), aTurn(1, 'second')],
      },
    );
    expect(await runImport(folder, db)).toMatchObject({
      done: { brought: 1, updated: 1, alreadyHere: 1 },
      verified: { faults: [] },
    });
    expect((await listChats(db)).map(({ title }) => title)).toEqual(['Renamed', 'New Chat 4', 'New Chat 3']);
    expect(await listMessages(db, 'a')).toHaveLength(2);
  });

  it('overwrites nothing that was changed here, brings nothing back that was deleted here, and says so', async () => {
    const { db } = database;
    await createChat(db, { id: 'mine', createdAt: second(1), updatedAt: second(1), title: 'Mine' });
    await writeFolder(folder, chats(['talked', 4], ['renamed', 3], ['deleted', 2], ['only here', 1]));
    await runImport(folder, db);
    await say(db, 'talked', 'hello', 'hi', 700);
    await renameChat(db, { id: 'renamed', title: 'Here', updatedAt: second(900) });
    await renameChat(db, { id: 'only here', title: 'Here too', updatedAt: second(800) });
    await deleteChat(db, { id: 'deleted', keepDocuments: true });
    const before = await contents(db);
    const newer = (id: string, n: number): [string, number, object] => [
      id,
      n,
      { title: 'Legacy', updated_at: second(950) },
    ];
    await writeFolder(
      folder,
      chats(newer('talked', 4), newer('renamed', 3), newer('deleted', 2), ['only here', 1], newer('mine', 0)),
    );
    const report = await runImport(folder, db);
    expect(remarks(report).filter((remark) => !remark.startsWith('count'))).toEqual(
      ['changed_here talked', 'changed_here renamed', 'deleted_here deleted', 'made_here mine'].sort(),
    );
    expect(report).toMatchObject({
      done: { brought: 0, updated: 0, alreadyHere: 1, kept: 4 },
      verified: { faults: [] },
    });
    expect(await contents(db)).toEqual(before);
  });

  it('keeps what legacy no longer has, and says so', async () => {
    await writeFolder(folder, chats(['b', 2], ['a', 1]));
    await runImport(folder, database.db);
    await writeFolder(folder, chats(['b', 2]));
    expect(remarks(await runImport(folder, database.db))).toEqual(['gone_from_legacy a']);
    expect(await listChats(database.db)).toHaveLength(2);
  });

  it('puts a chat that comes over late in its place', async () => {
    await writeFolder(folder, chats(['c', 3], ['a', 1]));
    await runImport(folder, database.db);
    await writeFolder(folder, chats(['c', 3], ['b', 2], ['a', 1]));
    expect((await runImport(folder, database.db)).verified?.faults).toEqual([]);
    const rows = await database.db.selectFrom('chats').select('id').orderBy('position', 'desc').execute();
    expect(rows.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  it('stops between two steps when it is told to, and goes on from there', async () => {
    await writeManyChats(folder, 50, 2);
    const stop = new AbortController();
    const stopped = runImport(folder, database.db, {
      rows: 2,
      signal: stop.signal,
      onProgress: ({ done }) => done >= 20 && stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    const there = (await listChats(database.db)).length;
    expect(there).toBeGreaterThanOrEqual(20);
    expect(there).toBeLessThan(50);
    expect(await runImport(folder, database.db)).toMatchObject({
      done: { brought: 50 - there, alreadyHere: there },
      verified: { faults: [] },
    });
  });
});

it('makes no folder in a dry run', async () => {
  await writeFolder(folder, chats(['a', 1]));
  const place = { folder: join(parent, 'nowhere/database') };
  const options = { folder, workFolder: join(parent, 'work'), python: async () => python, dryRun: true };
  const keep = { deletedPdfs: true, deletedChats: true };
  expect(await importInto(place, { ...options, keep })).toMatchObject({ done: { brought: 1 } });
  expect(await readdir(parent)).toEqual(['legacy']);
});
