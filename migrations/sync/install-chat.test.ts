/** A chat of the new backend becomes what legacy has. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listChats } from '../../services/chats/store.ts';
import { putChat, readChat, type WholeChat } from '../../services/chats/whole.ts';
import { onBothDatabases } from '../../services/db/testing/both.ts';
import { aClaim, chunk, ends, vector } from '../../services/db/testing/data.ts';
import type { Db } from '../../services/db/transaction.ts';
import { deletePdf, viewDocs } from '../../services/documents/store.ts';
import { publish, stageChunks } from '../../services/jobs/publish.ts';
import { python } from '../../tools/setup/testing/places.ts';
import type { ImportedChat } from '../import/source/chats.ts';
import { aDocument, listed, makeChroma } from '../import/testing/chroma-folder.ts';
import { aLegacyChat, aTurn, second, writeFolder } from '../import/testing/legacy-files.ts';
import { runImport } from '../import/testing/run-import.ts';
import { contents, everyRow } from '../import/testing/tables.ts';
import { type ChatSyncSource, syncSources } from './sync-sources.ts';

/** Starting Chroma takes seconds: the folder is made once. */
let folder: string;
let source: ChatSyncSource;
const { signal } = new AbortController();
const keep = { deletedPdfs: true, deletedChats: true };
const names = { publicTime: () => undefined };
const open = (of: string) => syncSources(of, async () => python, keep)[0] as ChatSyncSource;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'install-'));
  await makeChroma(folder, [
    {
      name: 'chat_full',
      records: [
        ...aDocument('d1', 'a_1.pdf', 3),
        ...aDocument('gone', 'x.pdf', 2),
        ...aDocument('d2', 'b.pdf', 60),
      ],
    },
    { name: 'chat_deleted', records: aDocument('left', 'y.pdf', 2) },
  ]);
  const pdf_list = [listed('b.pdf', 60, second(40)), listed('a*1.pdf', 3, second(50))];
  const list = [
    aLegacyChat('newest', 9),
    aLegacyChat('full', 5, { title: 'Full', message_count: 3, pdf_list }),
    aLegacyChat('odd \\ é', 1),
  ];
  const turns = [aTurn(0, 'first'), aTurn(1, null), aTurn(2, '\0 \ud83d')];
  await writeFolder(folder, list, { full: turns, unlisted: [aTurn(0, 'nobody made it')] });
  source = open(folder);
}, 120_000);
afterAll(async () => {
  await source.close();
  await rm(folder, { recursive: true });
});

async function snapshot(id: string, from = source): Promise<ImportedChat | undefined> {
  const found = (await from.snapshots([id], signal)).get(id);
  if (found instanceof Error) throw found;
  return found;
}

const install = (db: Db, id: string, chat: ImportedChat | undefined, known = names) =>
  db.transaction().execute((tx) => source.install(tx, id, chat, known));

async function syncAll(db: Db, from = source): Promise<number> {
  const ids = await from.ids(signal);
  let changed = 0;
  for (const [id, chat] of await from.snapshots(ids, signal)) {
    if (chat instanceof Error) throw chat;
    if (await install(db, id, chat)) changed++;
  }
  await db.transaction().execute((tx) => from.installList(tx, ids));
  return changed;
}

onBothDatabases((database) => {
  it('brings what an import brings, and nothing more when it is repeated', async () => {
    const { db } = database;
    await runImport(folder, db);
    const imported = await contents(db);
    const rows = await everyRow(db);
    // What an import has brought is as legacy has it.
    expect(await syncAll(db)).toBe(0);
    expect(await everyRow(db)).toEqual(rows);

    await db.deleteFrom('chats').execute();
    await db.deleteFrom('imported_chats').execute();
    expect(await syncAll(db)).toBe(0);
    expect(await contents(db)).toEqual(imported);
    expect(await runImport(folder, db)).toMatchObject({
      done: { brought: 0, updated: 0, alreadyHere: 5, kept: 0 },
      verified: { faults: [] },
    });
  }, 120_000);

  it('replaces the whole chat, and says whether it was another', async () => {
    const { db } = database;
    const full = await snapshot('full');
    expect(await install(db, 'full', full)).toBe(false);
    const wanted = await readChat(db, 'full');
    const changes: Partial<WholeChat>[] = [
      { title: 'Other' },
      { updatedAt: second(700) },
      { listed: false },
      { messageCount: 8 },
      { messages: wanted?.messages.slice(0, 1) ?? [] },
      { messages: (wanted?.messages ?? []).map((message) => ({ ...message, text: 'other' })) },
      { documents: wanted?.documents.slice(1) ?? [] },
      { documents: wanted?.documents.toReversed() ?? [] },
    ];
    for (const change of changes) {
      await putChat(db, { ...(wanted as WholeChat), ...change });
      expect(await readChat(db, 'full')).not.toEqual(wanted);
      expect(await install(db, 'full', full)).toBe(true);
      expect(await readChat(db, 'full')).toEqual(wanted);
      expect(await install(db, 'full', full)).toBe(false);
    }
  });

  it('puts the chunks that legacy has in the place of others', async () => {
    const { db } = database;
    const full = await snapshot('full');
    await install(db, 'full', full);
    const wanted = (await readChat(db, 'full')) as WholeChat;
    const [first, ...rest] = wanted.documents;
    if (!first) throw new Error('no document');
    await db.deleteFrom('documents').where('id', '=', first.id).execute();
    await putChat(db, { ...wanted, documents: [{ ...first, chunks: [chunk('other')] }, ...rest] });
    expect(await install(db, 'full', full)).toBe(true);
    expect(await readChat(db, 'full')).toEqual(wanted);
  });

  it('removes what legacy does not have', async () => {
    const { db } = database;
    await syncAll(db);
    expect(await install(db, 'unlisted', undefined)).toBe(true);
    expect(await readChat(db, 'unlisted')).toBeUndefined();
    expect(await install(db, 'unlisted', undefined)).toBe(false);
    // As legacy: the documents of a deleted chat are found no more, and `/docs` lists them.
    expect(await install(db, 'full', undefined)).toBe(true);
    expect(await readChat(db, 'full')).toMatchObject({ listed: false, messages: [] });
    expect(await db.selectFrom('chunks').select('id').execute()).toHaveLength(2);
    const rows = await everyRow(db);
    expect(await install(db, 'full', undefined)).toBe(false);
    expect(await everyRow(db)).toEqual(rows);
    // The order of the list is not disturbed by what is gone.
    await db.transaction().execute(async (tx) => source.installList(tx, await source.ids(signal)));
    expect((await listChats(db)).map(({ id }) => id)).toEqual(['newest', 'odd \\ é']);
  });

  it('has the ids and times that clients know', async () => {
    const { db } = database;
    const full = await snapshot('full');
    const known: Record<string, string> = {
      [`created_at ${second(5)}`]: second(3),
      [`updated_at ${second(65)}`]: second(63),
      [`upload_time ${second(40)}`]: second(38),
    };
    const publicTimes = { publicTime: (field: string, value: string) => known[`${field} ${value}`] };
    await install(db, 'public', full, publicTimes as typeof names);
    expect(await readChat(db, 'full')).toBeUndefined();
    const chat = await readChat(db, 'public');
    expect(chat).toMatchObject({ title: 'Full', createdAt: second(3), updatedAt: second(63) });
    expect(chat?.documents.map(({ name, uploadedAt }) => [name, uploadedAt])).toEqual([
      ['b.pdf', second(38)],
      ['x.pdf', second(65)],
      ['a*1.pdf', second(50)],
    ]);
    expect(await install(db, 'public', full, publicTimes as typeof names)).toBe(false);
  });

  it('keeps jobs, uploads in process, and the original file of a document that both have', async () => {
    const { db } = database;
    const full = await snapshot('full');
    const [, , shared] = full?.documents ?? [];
    await db
      .insertInto('chats')
      .values({ id: 'full', listed: true, title: 'Other', created_at: second(5), updated_at: second(5) })
      .execute();
    const done = await aClaim(db, 'full', shared?.name);
    const chunks = (shared?.chunks ?? []).map((each) => ({
      ...each,
      metadata: { ...each.metadata, doc_id: 'of the new backend' },
      embedding: Float32Array.from(each.embedding, (x) => x + 1e-6),
    }));
    await stageChunks(db, done, { first: 0, chunks });
    await publish(db, done, { ...ends, chunkCount: chunks.length });
    const running = await aClaim(db, 'full', 'running.pdf');
    const jobs = () => db.selectFrom('jobs').selectAll().orderBy('id').execute();
    const before = await jobs();

    expect(await install(db, 'full', full)).toBe(true);
    expect(await jobs()).toEqual(before);
    const chat = await readChat(db, 'full');
    expect(chat?.documents.map(({ name, sha256 }) => [name, sha256])).toEqual([
      ['b.pdf', null],
      ['x.pdf', null],
      ['a*1.pdf', 'f00'],
    ]);
    expect((await viewDocs(db, 'full')).processing).toMatchObject([{ name: 'running.pdf' }]);
    await stageChunks(db, running, { first: 0, chunks: [chunk('x', vector(1))] });
    expect(await publish(db, running, { ...ends, chunkCount: 1 })).toBe(true);
  });

  it('keeps in `/docs` what legacy has forgotten on the disk and still lists there', async () => {
    const { db } = database;
    const newest = await snapshot('newest');
    await install(db, 'newest', newest);
    const claim = await aClaim(db, 'newest', 'short.pdf');
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x')] });
    await publish(db, claim, { ...ends, chunkCount: 1 });
    await deletePdf(db, { chatId: 'newest', name: 'short.pdf', updatedAt: second(68), keepUnlisted: true });
    expect(await install(db, 'newest', newest)).toBe(true);
    expect(await readChat(db, 'newest')).toMatchObject({
      updatedAt: second(69),
      documents: [{ name: 'short.pdf', listed: false, chunks: [] }],
    });
    expect(await install(db, 'newest', newest)).toBe(false);
  });

  it('puts the list into the order of legacy’s, whatever came when', async () => {
    const { db } = database;
    const other = await mkdtemp(join(tmpdir(), 'order-'));
    const ids = ['e', 'd', 'c', 'b', 'a'];
    await writeFolder(
      other,
      ids.map((id, n) => aLegacyChat(id, n, { updated_at: second(1) })),
    );
    const files = open(other);
    for (const id of ['d', 'a', 'e', 'b', 'c']) await install(db, id, await snapshot(id, files));
    await syncAll(db, files);
    expect((await listChats(db)).map(({ id }) => id)).toEqual(ids);
    await files.close();
    await rm(other, { recursive: true });
  });
});
