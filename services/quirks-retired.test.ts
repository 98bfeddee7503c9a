/** Each quirk of the legacy app, as it is and once it is retired. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onBothDatabases } from './db/testing/both.ts';
import { aDocument } from './db/testing/data.ts';
import type { QuirkName } from './quirks.ts';
import { type Ask, asking, backendOn, form, formType } from './testing/ask.ts';
import { type TestState, testState } from './testing/state.ts';

onBothDatabases((database) => {
  let state: TestState;
  beforeEach(async () => {
    state = await testState(database.db);
  });
  afterEach(() => state.close());

  const asLegacy = () => asking(backendOn(state));
  const without = (quirk: QuirkName) => asking(backendOn(state, [quirk]));
  const made = async (ask: Ask): Promise<string> => (await ask('POST /api/chats')).json.id;
  const upload = (ask: Ask, chat: string, name: string) =>
    ask(`POST /api/chats/${chat}/upload-pdf`, { type: formType, body: form(name) });

  describe('deleted-pdf-still-retrieved', () => {
    const afterDeletion = async (ask: Ask) => {
      const chat = await made(ask);
      await aDocument(database.db, chat, 'a.pdf');
      await aDocument(database.db, chat, 'b.pdf');
      await ask(`DELETE /api/chats/${chat}/pdfs/a.pdf`);
      const names = async (path: string) =>
        (await ask(`GET /api/chats/${chat}/${path}`)).json.pdfs.map(({ name }: { name: string }) => name);
      return { docs: await names('docs'), pdfs: await names('pdfs') };
    };
    it('as legacy: /docs lists it', async () => {
      expect(await afterDeletion(asLegacy())).toEqual({ docs: ['a.pdf', 'b.pdf'], pdfs: ['b.pdf'] });
    });
    it('retired: it is gone at once', async () => {
      const ask = without('deleted-pdf-still-retrieved');
      expect(await afterDeletion(ask)).toEqual({ docs: ['b.pdf'], pdfs: ['b.pdf'] });
    });
    const afterTheLast = async (ask: Ask) => {
      const chat = await made(ask);
      for (const name of ['a.pdf', 'b.pdf']) await aDocument(database.db, chat, name);
      for (const name of ['a.pdf', 'b.pdf']) await ask(`DELETE /api/chats/${chat}/pdfs/${name}`);
      const { pdfs, total_docs } = (await ask(`GET /api/chats/${chat}/docs`)).json;
      expect(total_docs).toBe(pdfs.length);
      return pdfs;
    };
    it('as legacy: /docs goes on listing them after the last one was deleted', async () => {
      const left = (name: string) => ({ name, chunks: 1, status: 'active' });
      expect(await afterTheLast(asLegacy())).toEqual([left('a.pdf'), left('b.pdf')]);
    });
    it('retired: nothing is left', async () => {
      expect(await afterTheLast(without('deleted-pdf-still-retrieved'))).toEqual([]);
    });
  });

  describe('deleted-chat-lingers', () => {
    const afterDeletion = async (ask: Ask) => {
      const chat = await made(ask);
      await aDocument(database.db, chat, 'a.pdf');
      await ask(`DELETE /api/chats/${chat}`);
      const docs = await ask(`GET /api/chats/${chat}/docs`);
      const sent = await ask(`POST /api/chats/${chat}/messages`, { body: '{"message": "hi"}' });
      return { docs: docs.json.total_docs, status: sent.status, count: sent.json.message_count };
    };
    it('as legacy: its documents are listed, and a message starts it anew', async () => {
      expect(await afterDeletion(asLegacy())).toEqual({ docs: 1, status: 200, count: 2 });
    });
    const texts = async (ask: Ask, chat: string) =>
      (await ask(`GET /api/chats/${chat}`)).json.map(({ text }: { text: string }) => text);
    const say = (ask: Ask, chat: string, message: string) =>
      ask(`POST /api/chats/${chat}/messages`, { body: JSON.stringify({ message }) });
    it('as legacy: a message that was at the model brings the whole history back, unlisted', async () => {
      const ask = asLegacy();
      const chat = await made(ask);
      for (let n = 0; n < 6; n += 1) await say(ask, chat, `${n}`);
      const whole = await texts(ask, chat);
      const { answer } = state.answerer;
      state.answerer.answer = async (question, signal) => {
        state.answerer.answer = answer;
        await say(ask, chat, 'meanwhile');
        await ask(`DELETE /api/chats/${chat}`);
        expect(await texts(ask, chat)).toEqual([]);
        return answer(question, signal);
      };
      expect((await say(ask, chat, 'during')).json.message_count).toBe(16);
      const meanwhile = ['meanwhile', '10: meanwhile', 'during', '10: during'];
      expect(await texts(ask, chat)).toEqual([...whole, ...meanwhile]);
      expect((await ask('GET /api/chats')).json).toEqual([]);
      expect((await say(ask, chat, 'after')).json).toMatchObject({ reply: '10: after', message_count: 18 });
    });
    it('as legacy: of two that were at the model each is stored once, and one that came later begins anew', async () => {
      const ask = asLegacy();
      const chat = await made(ask);
      await say(ask, chat, 'before');
      const { answer } = state.answerer;
      const asked = (message: string) => {
        const sent = say(ask, chat, message);
        return new Promise<{ sent: typeof sent; release: () => void }>((resolve) => {
          state.answerer.answer = async (question, signal) => {
            await new Promise<void>((release) => resolve({ sent, release }));
            return answer(question, signal);
          };
        });
      };
      const [first, second] = [await asked('first'), await asked('second')];
      state.answerer.answer = answer;
      await ask(`DELETE /api/chats/${chat}`);
      first.release();
      expect((await first.sent).json.message_count).toBe(4);
      second.release();
      expect((await second.sent).json.message_count).toBe(6);
      expect(await texts(ask, chat)).toEqual([
        'before',
        '0: before',
        'first',
        '2: first',
        'second',
        '2: second',
      ]);
      await ask(`DELETE /api/chats/${chat}`);
      expect((await say(ask, chat, 'anew')).json).toMatchObject({ reply: '0: anew', message_count: 2 });
    });
    it('retired: it is gone, and a message to it is a 404', async () => {
      const ask = without('deleted-chat-lingers');
      expect(await afterDeletion(ask)).toEqual({ docs: 0, status: 404, count: undefined });
    });
    it('retired: a chat that goes while its model is asked is a 404, and stays gone', async () => {
      const ask = without('deleted-chat-lingers');
      const chat = await made(ask);
      state.answerer.answer = async () => {
        await ask(`DELETE /api/chats/${chat}`);
        return { reply: 'late', sources: [] };
      };
      const sent = await ask(`POST /api/chats/${chat}/messages`, { body: '{"message": "hi"}' });
      expect(sent.status).toBe(404);
      expect((await ask(`GET /api/chats/${chat}`)).json).toEqual([]);
    });
  });

  describe('invented-message-ids', () => {
    const twice = async (ask: Ask) => {
      const chat = await made(ask);
      await ask(`POST /api/chats/${chat}/messages`, { body: '{"message": "hi"}' });
      return [await ask(`GET /api/chats/${chat}`), await ask(`GET /api/chats/${chat}`)].map(
        ({ json }) => json,
      );
    };
    it('as legacy: other ids and times at every look', async () => {
      const [one, other] = await twice(asLegacy());
      expect(one.map(({ text }: { text: string }) => text)).toEqual(['hi', '0: hi']);
      for (const at of [0, 1]) {
        expect(one[at].id).not.toBe(other[at].id);
        expect(one[at].timestamp).not.toBe(other[at].timestamp);
      }
    });
    it('retired: the stored ones', async () => {
      const [one, other] = await twice(without('invented-message-ids'));
      expect(one).toHaveLength(2);
      expect(one).toEqual(other);
    });
  });

  describe('client-errors-as-500', () => {
    const statuses = async (ask: Ask) => {
      const rename = async (type: string, body: string) =>
        (await ask('PUT /api/chats/x/rename', { type, body })).status;
      return [
        await rename('text/plain', '{"title": "x"}'),
        await rename('application/json', '{'),
        await rename('application/json', '[]'),
        await rename('application/json', '{"title": 1}'),
        await rename('application/json', '{"title": " "}'),
      ];
    };
    it('as legacy: 500, but for an error of the application', async () => {
      expect(await statuses(asLegacy())).toEqual([500, 500, 500, 500, 400]);
    });
    it('retired: 415 and 400', async () => {
      expect(await statuses(without('client-errors-as-500'))).toEqual([415, 400, 400, 400, 400]);
    });
  });

  describe('limits-count-finished-only', () => {
    const names = ['a.pdf', 'a.pdf', 'b.pdf', 'c.pdf', 'd.pdf', 'e.pdf', 'f.pdf'];
    const atOnce = async (ask: Ask) => {
      const chat = await made(ask);
      const answers = await Promise.all(names.map((name) => upload(ask, chat, name)));
      return answers.filter(({ status }) => status === 202).length;
    };
    it('as legacy: all of them pass', async () => {
      expect(await atOnce(asLegacy())).toBe(7);
    });
    it('retired: five pass, each name once', async () => {
      const ask = without('limits-count-finished-only');
      expect(await atOnce(ask)).toBe(5);
      const chat = await made(ask);
      expect((await upload(ask, chat, 'a.pdf')).status).toBe(202);
      expect((await upload(ask, chat, 'a.pdf')).json).toEqual({ error: "PDF 'a.pdf' already uploaded" });
    });
  });

  describe('local-time-as-utc', () => {
    const zone = process.env.TZ;
    beforeEach(() => {
      process.env.TZ = 'Asia/Kathmandu';
    });
    afterEach(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });
    const offset = async (ask: Ask) => {
      const { json } = await ask('GET /api/health');
      return Math.abs(Math.round((Date.parse(json.timestamp) - Date.now()) / 60_000));
    };
    it('as legacy: local time', async () => {
      expect(await offset(asLegacy())).toBe(345);
    });
    it('retired: UTC', async () => {
      expect(await offset(without('local-time-as-utc'))).toBe(0);
    });
  });
});
