import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { stageChunks } from '../jobs/publish.ts';
import { onBothDatabases } from './testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, at, chunk, say, vector } from './testing/data.ts';
import { toVector } from './vector.ts';

const [unique, foreignKey, check] = ['23505', '23503', '23514'];

/** What the stores never do, done by hand: the database itself refuses it. */
onBothDatabases((database) => {
  it('has a turn once, and no message without its chat', async () => {
    const { db } = database;
    const chat_id = await aChat(db);
    await say(db, chat_id, 'hello');
    const row = { chat_id, turn: 2, role: 'user', text: 'x', created_at: at(1) } as const;
    const insert = (change: object) =>
      db
        .insertInto('messages')
        .values({ id: randomUUID(), ...row, ...change })
        .execute();
    await expect(insert({ turn: 1 })).rejects.toMatchObject({ code: unique });
    await expect(insert({ chat_id: 'nobody' })).rejects.toMatchObject({ code: foreignKey });
    await expect(insert({ role: 'bot' })).rejects.toMatchObject({ code: check });
    await insert({});
  });

  it('has a chunk once in an attempt, of 384 numbers, and none without its document', async () => {
    const { db } = database;
    const claim = await aClaim(db, await aChat(db));
    await stageChunks(db, claim, { first: 0, chunks: [chunk('x')] });
    const { document_id } = await db.selectFrom('chunks').select('document_id').executeTakeFirstOrThrow();
    const row = { document_id, attempt: 1, ordinal: 1, embedding: toVector(vector(1)) };
    const insert = (change: object) =>
      db
        .insertInto('chunks')
        .values({ ...row, ...change })
        .execute();
    await expect(insert({ ordinal: 0 })).rejects.toMatchObject({ code: unique });
    await expect(insert({ document_id: randomUUID() })).rejects.toMatchObject({ code: foreignKey });
    await expect(insert({ embedding: '[1,2,3]' })).rejects.toThrow('expected 384 dimensions, not 3');
    await insert({ attempt: 2, ordinal: 0 });
  });

  it('lists no document that is not published, and publishes none by halves', async () => {
    const { db } = database;
    const { documentId } = await anUpload(db, await aChat(db));
    const set = (values: object) =>
      db.updateTable('documents').set(values).where('id', '=', documentId).execute();
    const whole = { attempt: 1, position: '1000', chunk_count: 1, uploaded_at: at(1) };
    await expect(set({ listed: true })).rejects.toMatchObject({ code: check });
    for (const missing of Object.keys(whole))
      await expect(set({ ...whole, [missing]: null }), missing).rejects.toMatchObject({ code: check });
    await expect(set({ ...whole, chunk_count: 0 })).rejects.toMatchObject({ code: check });
    await set({ ...whole, listed: true });
  });

  it('has no job that is done without its chunks, failed without its reason, or owned without a sign of life', async () => {
    const { db } = database;
    const chat = await aChat(db);
    const { id } = await anUpload(db, chat);
    const set = (values: object) => db.updateTable('jobs').set(values).where('id', '=', id).execute();
    for (const wrong of [
      { status: 'done', finished_at: at(1) },
      { status: 'done', chunks_added: 1 },
      { status: 'error', finished_at: at(1) },
      { status: 'error', error: 'x' },
      { status: 'processing' },
      { status: 'processing', token: randomUUID() },
      { status: 'lost' },
      { chunks_added: 1 },
    ])
      await expect(set(wrong), JSON.stringify(wrong)).rejects.toMatchObject({ code: check });
    await set({ status: 'done', finished_at: at(1), chunks_added: 1 });
  });

  it('drops all that hangs on a chat with it, whoever deletes it', async () => {
    const { db } = database;
    const id = await aChat(db);
    await say(db, id, 'hello');
    await aDocument(db, id);
    await anUpload(db, id);
    await db.deleteFrom('chats').execute();
    for (const table of ['messages', 'documents', 'jobs', 'chunks', 'chunk_texts'] as const)
      expect(await db.selectFrom(table).selectAll().execute(), table).toEqual([]);
  });
});
