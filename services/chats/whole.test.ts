import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, at, chunk, ends, say, vector } from '../db/testing/data.ts';
import { nearestChunks } from '../documents/search.ts';
import { deletePdf, listAllPdfs, viewDocs } from '../documents/store.ts';
import { publish, stageChunks } from '../jobs/publish.ts';
import { listMessages } from '../messages/store.ts';
import { isListed } from '../rows/chats.ts';
import { deleteChat, listChats } from './store.ts';
import { putChat, readChat } from './whole.ts';

onBothDatabases((database) => {
  /** A chat that has everything a chat can have. */
  async function aFullChat() {
    const { db } = database;
    const id = await aChat(db);
    await say(db, id, '\0 first \ud83d');
    await say(db, id, 'second', null, 9);
    await aDocument(db, id, 'a.pdf', [chunk('x', vector(0.1, 0.2)), chunk('\0', vector(1 / 3))]);
    await aDocument(db, id, 'b\\.pdf');
    await aDocument(db, id, 'a.pdf');
    await deletePdf(db, { chatId: id, name: 'b\\.pdf', updatedAt: at(11), keepUnlisted: true });
    return id;
  }

  it('comes back whole where it was put', async () => {
    const { db } = database;
    const id = await aFullChat();
    const views = async () => ({
      chats: await listChats(db),
      messages: await listMessages(db, id),
      pdfs: await listAllPdfs(db),
      docs: await viewDocs(db, id),
      found: await nearestChunks(db, { chatId: id, vector: vector(0.3), limit: 15 }),
    });
    const [whole, before] = [await readChat(db, id), await views()];
    if (!whole) throw new Error('not found');
    expect(whole.documents.map(({ name, listed }) => [name, listed])).toEqual([
      ['a.pdf', true],
      ['b\\.pdf', false],
      ['a.pdf', true],
    ]);
    await deleteChat(db, { id, keepDocuments: false });
    await putChat(db, whole);
    expect(await views()).toEqual(before);
    expect(await readChat(db, id)).toEqual(whole);
  });

  it('takes the place of what was there, but for an upload that is being taken in', async () => {
    const { db } = database;
    const id = await aFullChat();
    const whole = await readChat(db, id);
    if (!whole) throw new Error('not found');
    await say(db, id, 'later');
    await aDocument(db, id, 'later.pdf');
    const running = await aClaim(db, id, 'running.pdf');
    const documents = whole.documents.toReversed().slice(0, 2);
    const wanted = {
      ...whole,
      title: 'Other',
      messages: whole.messages.slice(2),
      messageCount: 7,
      documents,
    };
    await putChat(db, wanted);
    expect(await readChat(db, id)).toEqual(wanted);
    await stageChunks(db, running, { first: 0, chunks: [chunk('x')] });
    expect(await publish(db, running, { ...ends, chunkCount: 1 })).toBe(true);
    expect((await viewDocs(db, id)).documents.map(({ name }) => name)).toEqual([
      'a.pdf',
      'b\\.pdf',
      'running.pdf',
    ]);
  });

  it('keeps the documents that are only listed in /docs any more, and takes the chunks of those that are now', async () => {
    const { db } = database;
    const id = await aFullChat();
    const retrieved = await readChat(db, id);
    await deletePdf(db, { chatId: id, name: 'a.pdf', updatedAt: at(12), keepUnlisted: true });
    const [dropped, docs] = [await readChat(db, id), await viewDocs(db, id)];
    if (!retrieved || !dropped) throw new Error('not found');
    expect(docs.documents.map(({ chunks }) => chunks)).toEqual([2, 1, 1]);
    await deleteChat(db, { id, keepDocuments: false });
    for (const before of [undefined, retrieved]) {
      if (before) await putChat(db, before);
      await putChat(db, dropped);
      expect(await readChat(db, id)).toEqual(dropped);
      expect(await viewDocs(db, id)).toEqual(docs);
      expect(await nearestChunks(db, { chatId: id, vector: vector(1), limit: 15 })).toEqual([]);
    }
  });

  it('can be a conversation that is in no list', async () => {
    const { db } = database;
    await say(db, 'in no list', 'hello');
    const whole = await readChat(db, 'in no list');
    if (!whole) throw new Error('not found');
    await putChat(db, { ...whole, id: 'another', messages: [] });
    expect(await isListed(db, 'another')).toBe(false);
    expect(await readChat(db, 'nobody')).toBeUndefined();
  });

  it('takes a long conversation', async () => {
    const { db } = database;
    const messages = Array.from({ length: 20_000 }, (_, n) => ({
      id: randomUUID(),
      role: n % 2 ? ('model' as const) : ('user' as const),
      text: `${n}`,
      createdAt: at(n % 60),
    }));
    const [createdAt, updatedAt] = [at(1), at(2)];
    const times = { createdAt, updatedAt, messageCount: messages.length };
    await putChat(db, { id: 'long', listed: true, title: 'Long', ...times, messages, documents: [] });
    expect(await say(db, 'long', 'one more')).toBe(20_002);
  });
});
