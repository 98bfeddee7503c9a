import { expect, it } from 'vitest';
import { deleteChat, listChats, renameChat } from '../chats/store.ts';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, at, chunk, ends, say, vector } from '../db/testing/data.ts';
import { referencedFiles } from '../files/references.ts';
import { publish, stageChunks } from '../jobs/publish.ts';
import { nearestChunks } from './search.ts';
import { deletePdf, listAllPdfs, listPdfs, takenNames, viewDocs } from './store.ts';

onBothDatabases((database) => {
  const retrieved = async (chatId: string) =>
    (await nearestChunks(database.db, { chatId, vector: vector(1), limit: 15 })).map(({ text }) => text);
  const names = async (chatId: string) => (await listPdfs(database.db, chatId))?.map(({ name }) => name);
  const remove = (chatId: string, name: string, keepUnlisted: boolean) =>
    deletePdf(database.db, { chatId, name, updatedAt: at(20), keepUnlisted });

  it('keeps a deleted PDF retrievable until the last one is deleted, and in the view after that too, as legacy does', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (const name of ['a.pdf', 'b.pdf', 'a.pdf']) await aDocument(db, id, name);
    expect(await remove(id, 'a.pdf', true)).toBe('deleted');
    expect(await names(id)).toEqual(['b.pdf']);
    expect((await viewDocs(db, id)).documents.map(({ name }) => name)).toEqual(['a.pdf', 'b.pdf', 'a.pdf']);
    expect(await retrieved(id)).toHaveLength(3);
    expect((await listChats(db))[0]).toMatchObject({ updatedAt: at(20), pdfs: [{ name: 'b.pdf' }] });
    expect(await remove(id, 'b.pdf', true)).toBe('deleted');
    expect(await names(id)).toEqual([]);
    expect((await viewDocs(db, id)).documents).toEqual(
      ['a.pdf', 'b.pdf', 'a.pdf'].map((name) => ({ name, chunks: 1 })),
    );
    expect(await retrieved(id)).toEqual([]);
    expect(await db.selectFrom('chunk_texts').selectAll().execute()).toEqual([]);
    expect(await referencedFiles(db, ['f00'])).toEqual(new Set());
    await aDocument(db, id, 'later.pdf');
    expect(await names(id)).toEqual(['later.pdf']);
    expect((await viewDocs(db, id)).documents).toHaveLength(4);
    expect(await retrieved(id)).toEqual(['the text of later.pdf']);
  });

  it('drops everything with the last PDF at once, where that is wanted', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (const name of ['a.pdf', 'b.pdf']) await aDocument(db, id, name);
    expect(await remove(id, 'a.pdf', true)).toBe('deleted');
    expect(await remove(id, 'b.pdf', false)).toBe('deleted');
    expect(await viewDocs(db, id)).toEqual({ documents: [], processing: [] });
  });

  it('drops a deleted PDF at once, all of that name, where that is wanted', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (const name of ['a.pdf', 'b.pdf', 'a.pdf']) await aDocument(db, id, name);
    expect(await remove(id, 'a.pdf', false)).toBe('deleted');
    expect((await viewDocs(db, id)).documents.map(({ name }) => name)).toEqual(['b.pdf']);
    expect(await retrieved(id)).toEqual(['the text of b.pdf']);
  });

  it('leaves an upload alone that is taken in while the last PDF goes', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id, 'a.pdf');
    const claim = await aClaim(db, id, 'b.pdf');
    await stageChunks(db, claim, { first: 0, chunks: [chunk('b')] });
    expect(await retrieved(id)).toEqual(['the text of a.pdf']);
    expect(await remove(id, 'a.pdf', true)).toBe('deleted');
    expect(await remove(id, 'b.pdf', true)).toBe('no-pdf');
    await publish(db, claim, { ...ends, chunkCount: 1 });
    expect(await names(id)).toEqual(['b.pdf']);
    expect(await retrieved(id)).toEqual(['b']);
  });

  it('says what it does not find, and changes nothing then', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id);
    await say(db, 'in no list', 'hello');
    const before = await listChats(db);
    expect(await remove(id, 'A.pdf', true)).toBe('no-pdf');
    expect(await remove('nobody', 'a.pdf', true)).toBe('no-chat');
    expect(await remove('in no list', 'a.pdf', true)).toBe('no-chat');
    expect(await listChats(db)).toEqual(before);
    expect(await names('in no list')).toBeUndefined();
  });

  it('keeps any file name as it was sent', async () => {
    const { db } = database;
    const id = await aChat(db);
    const odd = ['../a.pdf', 'a\\b.pdf', '\0.pdf', '\ud83d.pdf', '<b>.pdf', `${'x'.repeat(400)}.pdf`];
    for (const name of odd) await aDocument(db, id, name);
    expect(await names(id)).toEqual(odd);
    expect(await remove(id, 'a\\b.pdf', true)).toBe('deleted');
    expect(await names(id)).toEqual(odd.filter((name) => name !== 'a\\b.pdf'));
  });

  it('lists all PDFs by chat, the newest made chat first', async () => {
    const { db } = database;
    const [old, young, gone] = [await aChat(db, 50), await aChat(db, 1), await aChat(db, 2)];
    for (const [chat, name] of [
      [old, 'a.pdf'],
      [young, 'b.pdf'],
      [old, 'c.pdf'],
      [gone, 'd.pdf'],
      [young, 'e.pdf'],
    ] as const)
      await aDocument(db, chat, name);
    await deleteChat(db, { id: gone, keepDocuments: true });
    await remove(young, 'e.pdf', true);
    await renameChat(db, { id: old, title: 'Renamed', updatedAt: at(59) });
    expect(await listAllPdfs(db)).toEqual([
      {
        chatId: young,
        chatTitle: 'New Chat 2',
        name: 'b.pdf',
        chunks: 1,
        uploadedAt: ends.uploadedAt,
      },
      expect.objectContaining({ chatId: old, chatTitle: 'Renamed', name: 'a.pdf' }),
      expect.objectContaining({ chatId: old, name: 'c.pdf' }),
    ]);
  });

  it('shows what is being taken in, in the order of the uploads, and nothing twice', async () => {
    const { db } = database;
    const id = await aChat(db);
    const claim = await aClaim(db, id, 'first.pdf');
    const { id: queued } = await anUpload(db, id, 'second.pdf');
    expect(await viewDocs(db, id)).toEqual({
      documents: [],
      processing: [
        { jobId: claim.jobId, name: 'first.pdf', status: 'processing' },
        { jobId: queued, name: 'second.pdf', status: 'queued' },
      ],
    });
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x'), chunk('y')] });
    await publish(db, claim, { ...ends, chunkCount: 2 });
    expect(await viewDocs(db, id)).toEqual({
      documents: [{ name: 'first.pdf', chunks: 2 }],
      processing: [{ jobId: queued, name: 'second.pdf', status: 'queued' }],
    });
    expect(await viewDocs(db, 'nobody')).toEqual({ documents: [], processing: [] });
  });

  it('counts what an upload may not be called: finished ones, and queued ones where that is wanted', async () => {
    const { db } = database;
    const id = await aChat(db);
    await aDocument(db, id, 'done.pdf');
    await anUpload(db, id, 'queued.pdf');
    expect(await takenNames(db, id, { queued: false })).toEqual(['done.pdf']);
    expect(await takenNames(db, id, { queued: true })).toEqual(['done.pdf', 'queued.pdf']);
    expect(await takenNames(db, 'nobody', { queued: true })).toBeUndefined();
  });
});
