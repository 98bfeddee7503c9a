/** Chats that another backend made come here in any order, and stand in the order in which they were made. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { onBothDatabases } from '../db/testing/both.ts';
import { aDocument, at } from '../db/testing/data.ts';
import { listAllPdfs } from '../documents/store.ts';
import { asking, backendOn } from '../testing/ask.ts';
import { testState } from '../testing/state.ts';
import { isShownTwice } from '../wire/time.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

onBothDatabases((database) => {
  /** What is asked of it; and a chat with a PDF of its own, as another backend made it at that time. */
  async function newBackend() {
    const state = await testState(database.db);
    const ask = asking(backendOn(state));
    const replay = async (title: string, created: string, updated = created) => {
      const id = randomUUID();
      const presets = { id, title, createdAt: created, updatedAt: updated };
      const { status } = await ask('POST /api/chats', { internal: { operationId: randomUUID(), presets } });
      expect(status).toBe(201);
      await aDocument(database.db, id, `${title}.pdf`);
      return id;
    };
    const order = async () => (await listAllPdfs(database.db)).map(({ chatTitle }) => chatTitle);
    return { ask, replay, order, close: () => state.close() };
  }

  it('shows the PDFs of chats in the order of their creation, though they came in another one', async () => {
    const { ask, replay, order, close } = await newBackend();
    try {
      for (const second of [3, 1, 2, 6, 5, 4]) await replay(`${second}`, at(second));
      expect(await order()).toEqual(['6', '5', '4', '3', '2', '1']);
      // To the microsecond; of the same microsecond, the one that came last was made last.
      for (const micros of [30, 10, 20, 20]) await replay(`8.${micros}`, at(8, micros));
      expect((await order()).slice(0, 4)).toEqual(['8.30', '8.20', '8.20', '8.10']);
      const { json } = await ask('GET /api/pdfs');
      expect(json.pdfs.map(({ chat_title }: { chat_title: string }) => chat_title)).toEqual(await order());
    } finally {
      await close();
    }
  });

  it('shows chats of the same update in that order too, and what is made here before all of them', async () => {
    const { ask, replay, close } = await newBackend();
    try {
      for (const second of [2, 3, 1]) await replay(`${second}`, at(second), at(50));
      const titles = async () =>
        ((await ask('GET /api/chats')).json as { title: string }[]).map(({ title }) => title);
      expect(await titles()).toEqual(['3', '2', '1']);
      await ask('POST /api/chats');
      expect((await titles())[0]).toBe('New Chat 4');
    } finally {
      await close();
    }
  });

  it('puts a replayed chat before imported ones, whatever their times', async () => {
    const { replay, order, close } = await newBackend();
    try {
      const imported = await replay('imported', at(59));
      await database.db
        .insertInto('imported_chats')
        .values({
          chat_id: imported,
          digest: 'x',
          listed: true,
          updated_at: at(59),
          message_count: 0,
        })
        .execute();
      await replay('later', at(1));
      expect(await order()).toEqual(['later', 'imported']);
    } finally {
      await close();
    }
  });

  it('keeps chats as they came where the clock was put back an hour between them', async () => {
    process.env.TZ = 'Europe/Berlin';
    const { replay, order, close } = await newBackend();
    try {
      await replay('before', '2026-10-25T02:59:59.000000Z');
      await replay('after', '2026-10-25T02:00:01.000000Z');
      await replay('long after', '2026-10-25T03:00:00.000000Z');
      expect(await order()).toEqual(['long after', 'after', 'before']);
    } finally {
      await close();
    }
  });
});

it('knows the hour that the wall clock shows twice', () => {
  process.env.TZ = 'Europe/Berlin';
  const times = ['01:59:59', '02:00:00', '02:59:59', '03:00:00'];
  expect(times.map((time) => isShownTwice(`2026-10-25T${time}.123456Z`))).toEqual([false, true, true, false]);
  process.env.TZ = 'UTC';
  expect(times.map((time) => isShownTwice(`2026-10-25T${time}.123456Z`))).toEqual(times.map(() => false));
});
