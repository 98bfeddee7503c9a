import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createChat, deleteChat, renameChat } from '../chats/store.ts';
import { putChat, readChat } from '../chats/whole.ts';
import { onBothDatabases, onPostgres, testModel } from '../db/testing/both.ts';
import { aChat, aClaim, aDocument, anUpload, at, chunk, ends, say } from '../db/testing/data.ts';
import { openDatabase } from '../db/testing/migrated.ts';
import { deletePdf } from '../documents/store.ts';
import { failJob, heartbeat, progress } from '../jobs/claim.ts';
import { publish, stageChunks } from '../jobs/publish.ts';
import { type Ask, asking, backendOn } from '../testing/ask.ts';
import { testState } from '../testing/state.ts';
import { stateVersion } from './state-version.ts';

onBothDatabases((database) => {
  /** Whether the version is another one after it. */
  const changes = async (work: () => Promise<unknown>) => {
    const before = await stateVersion(database.db);
    await work();
    return (await stateVersion(database.db)) !== before;
  };

  it('changes with every change of what is shown', async () => {
    const { db } = database;
    let id = '';
    const made = async () => {
      id = await aChat(db);
    };
    expect(await changes(made)).toBe(true);
    expect(await changes(() => say(db, id, 'hello'))).toBe(true);
    expect(await changes(() => renameChat(db, { id, title: 'x', updatedAt: at(9) }))).toBe(true);
    expect(await changes(() => anUpload(db, id))).toBe(true);
    let claim = { jobId: '', token: '' };
    const claimed = async () => {
      claim = await aClaim(db, id);
    };
    expect(await changes(claimed)).toBe(true);
    await stageChunks(db, claim, { first: 0, chunks: [chunk('text')] });
    expect(await changes(() => publish(db, claim, { ...ends, chunkCount: 1 }))).toBe(true);
    const pdf = { chatId: id, name: 'a.pdf', updatedAt: at(9), keepUnlisted: true };
    expect(await changes(() => deletePdf(db, pdf))).toBe(true);
    const failing = await aClaim(db, id);
    expect(await changes(() => failJob(db, failing, { error: 'x', finishedAt: at(9) }))).toBe(true);
    const whole = await readChat(db, id);
    expect(await changes(() => deleteChat(db, { id, keepDocuments: false }))).toBe(true);
    expect(await changes(() => putChat(db, whole as NonNullable<typeof whole>))).toBe(true);
    const rows = sql`update banyan.messages set text = 'other'`;
    expect(await changes(() => rows.execute(db))).toBe(true);
    expect(await changes(() => sql`truncate banyan.chats cascade`.execute(db))).toBe(true);
  });

  it('does not change with what nobody is shown', async () => {
    const { db } = database;
    const claim = await aClaim(db, await aChat(db));
    expect(await changes(() => heartbeat(db, claim))).toBe(false);
    expect(await changes(() => progress(db, claim, { done: 1, total: 2 }))).toBe(false);
    expect(await changes(() => stageChunks(db, claim, { first: 0, chunks: [chunk('text')] }))).toBe(false);
  });

  it('is of a change once it is committed, and of none that is undone', async () => {
    const { db } = database;
    const undone = () =>
      db.transaction().execute(async (tx) => {
        await createChat(tx, { id: randomUUID(), createdAt: at(1), updatedAt: at(1) });
        throw new Error('undone');
      });
    expect(await changes(() => expect(undone()).rejects.toThrow('undone'))).toBe(false);
  });

  it('is summed up now and then, without being another one', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (let i = 0; i < 250; i++) await renameChat(db, { id, title: String(i), updatedAt: at(9) });
    const before = await stateVersion(db);
    expect(await stateVersion(db)).toBe(before);
    const { rows } = await db
      .selectFrom('state_changes')
      .select((e) => e.fn.countAll<string>().as('rows'))
      .executeTakeFirstOrThrow();
    expect(Number(rows)).toBe(1);
  });
});

onPostgres((database) => {
  describe('two instances', () => {
    const shown = async (ask: Ask, chat: string, job: string) => ({
      titles: (await ask('GET /api/chats')).json.map(({ title }: { title: string }) => title),
      messages: (await ask(`GET /api/chats/${chat}`)).json.length,
      pdfs: (await ask(`GET /api/chats/${chat}/pdfs`)).json.total_pdfs,
      all: (await ask('GET /api/pdfs')).json.total_pdfs,
      docs: (await ask(`GET /api/chats/${chat}/docs`)).json.total_docs,
      status: (await ask(`GET /api/upload-status/${job}`)).json.status,
    });

    it('show at once what either has changed, whatever else is asked meanwhile', async () => {
      const url = await database.fresh();
      const open = async () => testState(await openDatabase({ url }, testModel));
      const states = await Promise.all([open(), open()]);
      const [one, other] = states.map((state) => asking(backendOn(state))) as [Ask, Ask];
      const [here, there] = states.map(({ db }) => db);
      if (!here || !there) throw new Error('two databases');
      let polling = true;
      const poll = async (ask: Ask) => {
        while (polling) await shown(ask, chat, job);
      };
      const chat = await aChat(here);
      const job = await aDocument(here, chat);
      const polls = [poll(one), poll(other), poll(other)];
      let pdfs = 1;
      try {
        for (let i = 0; i < 40; i++) {
          const [db, asked] = i % 2 ? [here, other] : [there, one];
          const ask = i % 2 ? one : other;
          await ask(`PUT /api/chats/${chat}/rename`, { body: `{"title": "title ${i}"}` });
          expect((await shown(asked, chat, job)).titles).toEqual([`title ${i}`]);
          await ask(`POST /api/chats/${chat}/messages`, { body: '{"message": "hi"}' });
          expect((await shown(asked, chat, job)).messages).toBe(2 * i + 2);
          if (i % 10) continue;
          const claim = await aClaim(db, chat, `${i}.pdf`);
          expect(await shown(asked, chat, claim.jobId)).toMatchObject({
            docs: pdfs + 1,
            status: 'processing',
          });
          await stageChunks(db, claim, { first: 0, chunks: [chunk('text')] });
          await publish(db, claim, { ...ends, chunkCount: 1 });
          pdfs++;
          const after = { docs: pdfs, pdfs, all: pdfs, status: 'done' };
          expect(await shown(asked, chat, claim.jobId)).toMatchObject(after);
        }
      } finally {
        polling = false;
        await Promise.all(polls);
        await Promise.all(states.map((state) => state.close()));
        await Promise.all([here.destroy(), there.destroy()]);
      }
    }, 120_000);
  });
});
