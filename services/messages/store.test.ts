import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { deleteChat, listChats } from '../chats/store.ts';
import { onBothDatabases } from '../db/testing/both.ts';
import { aChat, aDocument, at, say } from '../db/testing/data.ts';
import { appendExchange, history, listMessages } from './store.ts';

onBothDatabases((database) => {
  it('appends a message with its reply, counts turns and moves the chat', async () => {
    const { db } = database;
    const id = await aChat(db);
    expect(await say(db, id, 'one')).toBe(2);
    expect(await say(db, id, 'two', null, 8)).toBe(4);
    expect(await listMessages(db, id)).toMatchObject([
      { role: 'user', text: 'one', createdAt: at(1) },
      { role: 'model', text: 're: one' },
      { role: 'user', text: 'two', createdAt: at(8) },
      { role: 'model', text: null },
    ]);
    expect(await listChats(db)).toMatchObject([{ messageCount: 4, updatedAt: at(8), createdAt: at(0) }]);
  });

  it('keeps the ids that messages were given, and any text', async () => {
    const { db } = database;
    const ids = [randomUUID(), randomUUID()];
    const text = '\0 \ud83d \\u0000 😀';
    const turns = [
      { id: ids[0] ?? '', role: 'user', text, createdAt: at(1) },
      { id: ids[1] ?? '', role: 'model', text: '', createdAt: at(2) },
    ] as const;
    await appendExchange(db, { chatId: 'x', turns, updatedAt: at(2), unknownChat: 'begin' });
    expect(await listMessages(db, 'x')).toEqual(turns);
  });

  it('begins a conversation that is in no list for an id that nobody made, where that is wanted', async () => {
    const { db } = database;
    expect(await say(db, 'nobody', 'one')).toBe(2);
    expect(await say(db, 'nobody', 'two')).toBe(4);
    expect(await listChats(db)).toEqual([]);
    expect(await listMessages(db, 'nobody')).toHaveLength(4);
    const turn = { role: 'user', text: 'x', createdAt: at(1) } as const;
    const turns = [
      { ...turn, id: randomUUID() },
      { ...turn, id: randomUUID() },
    ] as const;
    for (const chatId of ['nobody', 'nobody else'])
      expect(
        await appendExchange(db, { chatId, turns, updatedAt: at(1), unknownChat: 'refuse' }),
      ).toBeUndefined();
    expect(await listMessages(db, 'nobody')).toHaveLength(4);
  });

  it('gives the last turns as history, the oldest first', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (let n = 0; n < 7; n++) await say(db, id, `${n}`);
    expect((await history(db, id, 10)).map(({ text }) => text)).toEqual(
      [2, 3, 4, 5, 6].flatMap((n) => [`${n}`, `re: ${n}`]),
    );
    expect(await history(db, 'nobody', 10)).toEqual([]);
  });

  it('keeps every message of many at once next to its reply, each turn with a number of its own', async () => {
    const { db } = database;
    const id = await aChat(db);
    const texts = Array.from({ length: 24 }, (_, n) => `${n}`);
    const counts = await Promise.all(texts.map((text) => say(db, id, text)));
    expect(counts.sort((a, b) => Number(a) - Number(b))).toEqual(texts.map((_, n) => 2 * n + 2));
    const rows = await db.selectFrom('messages').select(['turn', 'text']).orderBy('turn').execute();
    expect(rows.map(({ turn }) => turn)).toEqual(Array.from({ length: 48 }, (_, n) => n));
    for (let n = 0; n < 48; n += 2) expect(rows[n + 1]?.text).toBe(`re: ${rows[n]?.text}`);
    expect(
      rows
        .filter((_, n) => n % 2 === 0)
        .map(({ text }) => text)
        .sort(),
    ).toEqual(texts.sort());
    expect((await listChats(db))[0]?.messageCount).toBe(48);
  });

  it('lets many begin the same conversation at once, and others delete it meanwhile', async () => {
    const { db } = database;
    const all = Array.from({ length: 24 }, (_, n) =>
      n % 6 === 5 ? deleteChat(db, { id: 'x', keepDocuments: true }) : say(db, 'x', `${n}`),
    );
    await Promise.all(all);
    const messages = await listMessages(db, 'x');
    for (let n = 0; n < messages.length; n += 2)
      expect(messages[n + 1]?.text).toBe(`re: ${messages[n]?.text}`);
  });

  it('does not wait for ever beside deletions and publications of the same chat', async () => {
    const { db } = database;
    for (let round = 0; round < 5; round++) {
      const id = await aChat(db);
      await aDocument(db, id, 'first.pdf');
      await Promise.all([
        ...['a', 'b', 'c'].map((text) => say(db, id, text)),
        ...['a.pdf', 'b.pdf', 'c.pdf'].map((name) => aDocument(db, id, name)),
        deleteChat(db, { id, keepDocuments: round % 2 === 0 }),
      ]);
    }
  });
});
