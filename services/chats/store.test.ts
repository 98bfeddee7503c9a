import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, at, chunk, ends, say, vector } from '../db/testing/data.ts';
import { nearestChunks } from '../documents/search.ts';
import { listPdfs, viewDocs } from '../documents/store.ts';
import { publish, stageChunks } from '../jobs/publish.ts';
import { findJob } from '../jobs/store.ts';
import { listMessages } from '../messages/store.ts';
import { isListed } from '../rows/chats.ts';
import { createChat, deleteChat, listChats, renameChat } from './store.ts';

onBothDatabases((database) => {
  it('creates chats whose titles count the listed ones, so that titles repeat after a deletion', async () => {
    const { db } = database;
    const first = await aChat(db, 1);
    await aChat(db, 2);
    await deleteChat(db, { id: first, keepDocuments: true });
    await say(db, 'in no list', 'hello');
    const id = randomUUID();
    const made = await createChat(db, { id, createdAt: at(3, 0), updatedAt: at(3, 10) });
    expect(made).toEqual({
      id,
      title: 'New Chat 2',
      messageCount: 0,
      pdfs: [],
      createdAt: '2026-01-31T09:00:03.000000Z',
      updatedAt: '2026-01-31T09:00:03.000010Z',
    });
    expect(await listChats(db)).toEqual([made, expect.objectContaining({ title: 'New Chat 2' })]);
  });

  it('gives chats that are created at once different titles, in the order of the list', async () => {
    const { db } = database;
    await Promise.all(Array.from({ length: 20 }, () => aChat(db, 7)));
    const titles = (await listChats(db)).map(({ title }) => title);
    expect(titles).toEqual(Array.from({ length: 20 }, (_, n) => `New Chat ${20 - n}`));
  });

  it('lists by the last change, and those of the same moment newest first', async () => {
    const { db } = database;
    const [a, b, c, d] = [await aChat(db, 5), await aChat(db, 5), await aChat(db, 9), await aChat(db, 1)];
    expect((await listChats(db)).map(({ id }) => id)).toEqual([c, b, a, d]);
    await renameChat(db, { id: d, title: 'Last', updatedAt: at(9, 123_457) });
    expect((await listChats(db)).map(({ id }) => id)).toEqual([d, c, b, a]);
  });

  it('lists a chat with its PDFs, in the order they were taken in, a name twice if it is there twice', async () => {
    const { db } = database;
    const [id, other] = [await aChat(db), await aChat(db, 30)];
    const [first, second] = [await aClaim(db, id, 'same.pdf'), await aClaim(db, id, 'same.pdf')];
    for (const claim of [second, first]) {
      const count = claim === first ? 1 : 2;
      const chunks = Array.from({ length: count }, () => chunk('x'));
      await stageChunks(db, claim, { first: 0, chunks });
      await publish(db, claim, { ...ends, uploadedAt: at(10 + count), chunkCount: count });
    }
    expect(await listChats(db)).toMatchObject([
      { id: other, pdfs: [] },
      {
        id,
        updatedAt: ends.updatedAt,
        pdfs: [
          { name: 'same.pdf', chunks: 2, uploadedAt: at(12) },
          { name: 'same.pdf', chunks: 1, uploadedAt: at(11) },
        ],
      },
    ]);
  });

  it('lists a thousand chats with one query', async () => {
    const { db } = database;
    const rows = Array.from({ length: 1000 }, (_, n) => ({
      id: randomUUID(),
      listed: true,
      title: `Chat ${n}`,
      created_at: at(n % 60),
      updated_at: at(n % 60),
    }));
    await db.insertInto('chats').values(rows).execute();
    let queries = 0;
    const counting = db.withPlugin({
      transformQuery: ({ node }) => {
        queries++;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    expect(await listChats(counting)).toHaveLength(1000);
    expect(queries).toBe(1);
  });

  it('renames a chat, keeps any text as the title, and knows no other', async () => {
    const { db } = database;
    const id = await aChat(db);
    const title = 'a\\b \0 \ud83d 😀';
    expect(await renameChat(db, { id, title, updatedAt: at(8) })).toBe(true);
    expect(await listChats(db)).toMatchObject([{ id, title, createdAt: at(0), updatedAt: at(8) }]);
    expect(await renameChat(db, { id: 'nobody', title, updatedAt: at(9) })).toBe(false);
    await say(db, 'in no list', 'hello');
    expect(await renameChat(db, { id: 'in no list', title, updatedAt: at(9) })).toBe(false);
    expect(await listChats(db)).toHaveLength(1);
  });

  it('deletes a chat and keeps its documents and jobs, as legacy does; a message to it starts it anew', async () => {
    const { db } = database;
    const id = await aChat(db);
    const done = await aDocument(db, id, 'kept.pdf');
    const running = await aClaim(db, id, 'running.pdf');
    await say(db, id, 'before');
    await deleteChat(db, { id, keepDocuments: true });
    expect(await listChats(db)).toEqual([]);
    expect(await isListed(db, id)).toBe(false);
    expect(await listMessages(db, id)).toEqual([]);
    expect(await findJob(db, done)).toMatchObject({ status: 'done', chatId: id });
    expect(await viewDocs(db, id)).toMatchObject({
      documents: [{ name: 'kept.pdf' }],
      processing: [{ name: 'running.pdf' }],
    });
    expect(await nearestChunks(db, { chatId: id, vector: vector(1), limit: 15 })).toEqual([]);
    // Its reading ends after the chat was deleted: it is retrieved, and in no list.
    await stageChunks(db, running, { first: 0, chunks: [chunk('late')] });
    expect(await publish(db, running, { ...ends, chunkCount: 1 })).toBe(true);
    expect((await viewDocs(db, id)).documents).toHaveLength(2);
    expect(await listPdfs(db, id)).toBeUndefined();
    expect(await nearestChunks(db, { chatId: id, vector: vector(1), limit: 15 })).toHaveLength(1);
    expect(await say(db, id, 'after')).toBe(2);
  });

  it('deletes a chat with everything, where that is wanted, and a worker that is still at it is refused', async () => {
    const { db } = database;
    const id = await aChat(db);
    const done = await aDocument(db, id);
    const running = await aClaim(db, id, 'running.pdf');
    await stageChunks(db, running, { first: 0, chunks: [chunk('late')] });
    await say(db, id, 'before');
    await deleteChat(db, { id, keepDocuments: false });
    expect(await findJob(db, done)).toBeUndefined();
    expect(await publish(db, running, { ...ends, chunkCount: 1 })).toBe(false);
    for (const table of ['chats', 'messages', 'documents', 'jobs', 'chunks', 'chunk_texts'] as const)
      expect(await db.selectFrom(table).selectAll().execute(), table).toEqual([]);
  });

  it('leaves no row behind where nothing but messages hangs on it', async () => {
    const { db } = database;
    const id = await aChat(db);
    await say(db, id, 'hello');
    await say(db, 'in no list', 'hello');
    for (const each of [id, 'in no list', 'nobody']) await deleteChat(db, { id: each, keepDocuments: true });
    expect(await db.selectFrom('chats').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('messages').selectAll().execute()).toEqual([]);
  });

  it('undoes the whole deletion when its transaction fails', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id);
    await say(db, id, 'hello');
    const before = await listChats(db);
    const failed = db.transaction().execute(async (tx) => {
      await deleteChat(tx, { id, keepDocuments: false });
      expect(await listChats(tx)).toEqual([]);
      throw new Error('afterwards');
    });
    await expect(failed).rejects.toThrow('afterwards');
    expect(await listChats(db)).toEqual(before);
    expect(await listMessages(db, id)).toHaveLength(2);
    expect((await viewDocs(db, id)).documents).toHaveLength(1);
  });

  it('takes any id that fits a URL, and tells long ones apart', async () => {
    const { db } = database;
    // Random, as PostgreSQL compresses what goes into an index.
    const long = randomBytes(3000).toString('base64url');
    const ids = ['\0', '\\', '\\u0000', '../x', '😀', long, `${long}!`];
    for (const [n, id] of ids.entries()) await say(db, id, `message ${n}`);
    for (const [n, id] of ids.entries())
      expect((await listMessages(db, id)).map(({ text }) => text)).toEqual([
        `message ${n}`,
        `re: message ${n}`,
      ]);
  });

  it('refuses an upload to a chat that is not listed', async () => {
    const { db } = database;
    await say(db, 'in no list', 'hello');
    expect((await anUpload(db, 'in no list')).stored).toBe(false);
    expect((await anUpload(db, 'nobody')).stored).toBe(false);
    expect(await db.selectFrom('documents').selectAll().execute()).toEqual([]);
  });
});
