import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../db/open.ts';
import { onBothDatabases, onPostgres, testModel } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, at, chunk, ends, say } from '../db/testing/data.ts';
import type { Db } from '../db/transaction.ts';
import { deletePdf } from '../documents/store.ts';
import { heartbeat } from '../jobs/claim.ts';
import { publish, stageChunks } from '../jobs/publish.ts';
import { list } from './list.ts';
import { listVersion } from './list-version.ts';
import { createChat, deleteChat, renameChat } from './store.ts';
import { putChat, readChat } from './whole.ts';

onBothDatabases((database) => {
  /** Whether the version is another one after it. */
  const changes = async (work: () => Promise<unknown>) => {
    const before = await listVersion(database.db);
    await work();
    return (await listVersion(database.db)) !== before;
  };

  it('changes with every change of the list', async () => {
    const { db } = database;
    let id = '';
    expect(await changes(async () => (id = await aChat(db)))).toBe(true);
    expect(await changes(() => say(db, id, 'hello'))).toBe(true);
    expect(await changes(() => renameChat(db, { id, title: 'x', updatedAt: at(9) }))).toBe(true);
    const claim = await aClaim(db, id);
    await stageChunks(db, claim, { first: 0, chunks: [chunk('text')] });
    expect(await changes(() => publish(db, claim, { ...ends, chunkCount: 1 }))).toBe(true);
    const pdf = { chatId: id, name: 'a.pdf', updatedAt: at(9), keepUnlisted: true };
    expect(await changes(() => deletePdf(db, pdf))).toBe(true);
    const whole = await readChat(db, id);
    expect(await changes(() => deleteChat(db, { id, keepDocuments: false }))).toBe(true);
    expect(await changes(() => putChat(db, whole as NonNullable<typeof whole>))).toBe(true);
  });

  it('does not change with what the list does not show', async () => {
    const { db } = database;
    const id = await aChat(db);
    expect(await changes(() => anUpload(db, id))).toBe(false);
    const claim = await aClaim(db, id, 'b.pdf');
    expect(await changes(() => heartbeat(db, claim))).toBe(false);
    expect(await changes(() => stageChunks(db, claim, { first: 0, chunks: [chunk('text')] }))).toBe(false);
  });

  it('is of a change as soon as it is committed, and not before', async () => {
    const { db } = database;
    const before = await listVersion(db);
    await expect(
      db.transaction().execute(async (tx) => {
        await createChat(tx, { id: randomUUID(), createdAt: at(1), updatedAt: at(1) });
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await listVersion(db)).toBe(before);
  });

  it('is summed up now and then, without being another one', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (let i = 0; i < 250; i++) await renameChat(db, { id, title: String(i), updatedAt: at(9) });
    const before = await listVersion(db);
    expect(await listVersion(db)).toBe(before);
    const { rows } = await db
      .selectFrom('chat_list_changes')
      .select((e) => e.fn.countAll<string>().as('rows'))
      .executeTakeFirstOrThrow();
    expect(Number(rows)).toBe(1);
  });
});

onPostgres((database) => {
  describe('two instances', () => {
    const titles = async (instance: ReturnType<typeof list>, db: Db) => {
      const { json } = await instance({ params: {}, input: undefined }, { db } as never);
      return (json as { title: string }[]).map(({ title }) => title);
    };

    it('show at once what either has changed, whatever else is asked meanwhile', async () => {
      const url = await database.fresh();
      const [here, there] = [await openDatabase({ url }, testModel), await openDatabase({ url }, testModel)];
      const [one, other] = [list(), list()];
      let polling = true;
      const poll = async () => {
        while (polling) await titles(other, there);
      };
      const polls = [poll(), poll(), poll()];
      try {
        const id = await aChat(here);
        await aDocument(here, id);
        for (let i = 0; i < 300; i++) {
          const [writer, instance, db] = i % 2 ? [here, other, there] : [there, one, here];
          await renameChat(writer, { id, title: `title ${i}`, updatedAt: at(i) });
          expect(await titles(instance, db)).toEqual([`title ${i}`]);
        }
      } finally {
        polling = false;
        await Promise.all(polls);
        await Promise.all([here.destroy(), there.destroy()]);
      }
    });
  });
});
