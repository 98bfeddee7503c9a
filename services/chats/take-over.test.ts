/** A chat becomes here what the other backend shows of it. */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aDocument, at, chunk, say } from '../db/testing/data.ts';
import { deletePdf, listAllPdfs, listPdfs, viewDocs } from '../documents/store.ts';
import { listMessages } from '../messages/store.ts';
import { listChats } from './store.ts';
import { takeOverChat } from './take-over.ts';

interface Row {
  title: string;
  created_at: string;
  updated_at: string;
  message_count: number;
  pdf_list: { name: string; upload_time: string }[];
}

onBothDatabases((database) => {
  const row = (columns: Partial<Row> = {}): Row => ({
    title: 'Theirs',
    created_at: at(0),
    updated_at: at(40),
    message_count: 0,
    pdf_list: [],
    ...columns,
  });
  const said = (...texts: (string | null)[]) =>
    texts.map((text, i) => ({ text, sender: i % 2 === 0 ? 'user' : 'bot' }));
  const takeOver = (id: string, rows: Row[], messages: unknown, late?: unknown) =>
    takeOverChat(
      database.db,
      { id, rows, messages, late },
      { newId: () => randomUUID(), keepDocuments: true },
    );
  const texts = async (id: string) => (await listMessages(database.db, id)).map(({ text }) => text);

  it('puts the messages into the order that is shown, with their ids and times, and takes title, times and count', async () => {
    const { db } = database;
    const id = await aChat(db);
    await say(db, id, 'first', 're', 3);
    await say(db, id, 'second', null, 4);
    await say(db, id, 'first', 're', 5);
    const before = await listMessages(db, id);
    const rows = [row({ message_count: 6 })];
    expect(await takeOver(id, rows, said('second', null, 'first', 're', 'first', 're'))).toBeUndefined();
    const after = await listMessages(db, id);
    expect(after).toEqual([2, 3, 0, 1, 4, 5].map((from) => before[from]));
    expect(await listChats(db)).toMatchObject([
      { id, title: 'Theirs', createdAt: at(0), updatedAt: at(40), messageCount: 6 },
    ]);
  });

  it('takes what is shown and is not here', async () => {
    const { db } = database;
    const id = await aChat(db);
    await say(db, id, 'here', 're');
    const rows = [row({ message_count: 4 })];
    expect(await takeOver(id, rows, said('only there', 'yes', 'here', 're'))).toBeUndefined();
    expect(await texts(id)).toEqual(['only there', 'yes', 'here', 're']);
    const made = randomUUID();
    expect(await takeOver(made, [row({ title: 'New' })], [])).toBeUndefined();
    expect((await listChats(db)).map(({ title }) => title).sort()).toEqual(['New', 'Theirs']);
  });

  it('loses nothing that is not shown: it says so, and changes nothing', async () => {
    const { db } = database;
    const id = await aChat(db);
    await say(db, id, 'only here', 're');
    expect(await takeOver(id, [row()], [])).toContain('has messages in the chat');
    await aDocument(db, id, 'only here.pdf');
    expect(await takeOver(id, [row()], said('only here', 're'))).toContain('different documents');
    const other = [row({ pdf_list: [{ name: 'only there.pdf', upload_time: at(5) }] })];
    expect(await takeOver(id, other, said('only here', 're'))).toContain('different documents');
    expect(await takeOver(id, [row()], { error: 'away' })).toContain('does not show');
    expect(await listChats(db)).toMatchObject([
      { id, title: 'New Chat 1', pdfs: [{ name: 'only here.pdf' }] },
    ]);
    expect(await texts(id)).toEqual(['only here', 're']);
  });

  it('puts the documents into the order that is shown, with the times, and leaves what is in no list', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (const name of ['a.pdf', 'gone.pdf', 'b.pdf', 'a.pdf']) await aDocument(db, id, name, [chunk(name)]);
    await deletePdf(db, { chatId: id, name: 'gone.pdf', updatedAt: at(11), keepUnlisted: true });
    const pdf_list = ['b.pdf', 'a.pdf', 'a.pdf'].map((name, i) => ({ name, upload_time: at(20 + i) }));
    expect(await takeOver(id, [row({ pdf_list })], [])).toBeUndefined();
    expect(await listPdfs(db, id)).toEqual(
      pdf_list.map(({ name, upload_time }) => ({ name, uploadedAt: upload_time, chunks: 1 })),
    );
    expect((await viewDocs(db, id)).documents.map(({ name }) => name)).toEqual([
      'b.pdf',
      'gone.pdf',
      'a.pdf',
      'a.pdf',
    ]);
  });

  it('deletes what is gone there, and keeps a conversation that is in no list there', async () => {
    const { db } = database;
    const [gone, unlisted] = [await aChat(db), await aChat(db)];
    for (const id of [gone, unlisted]) await say(db, id, 'hello', 're');
    expect(await takeOver(gone, [], [])).toBeUndefined();
    expect(await takeOver(unlisted, [], said('hello', 're'))).toBeUndefined();
    expect(await listChats(db)).toEqual([]);
    expect([await texts(gone), await texts(unlisted)]).toEqual([[], ['hello', 're']]);
  });

  it('puts a chat that was made there late after those that were made there before', async () => {
    const { db } = database;
    const [late, before, after] = [await aChat(db, 1), await aChat(db, 2), await aChat(db, 9)];
    for (const id of [late, before, after]) await aDocument(db, id, 'a.pdf');
    const order = async () => (await listAllPdfs(db)).map(({ chatId }) => chatId);
    expect(await order()).toEqual([after, before, late]);
    const pdf_list = [{ name: 'a.pdf', upload_time: at(20) }];
    const rows = [row({ created_at: at(1), pdf_list })];
    await takeOver(late, rows, [], { id: before, created_at: at(5) });
    expect(await order()).toEqual([after, before, late]);
    await takeOver(late, rows, [], { id: late, created_at: at(5) });
    expect(await order()).toEqual([after, late, before]);
  });
});
