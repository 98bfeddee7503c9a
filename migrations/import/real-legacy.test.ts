/** A real legacy app, used over HTTP; then its folder is imported, while it runs and once it has ended. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../../legacy/test/support/app.ts';
import * as client from '../../legacy/test/support/client.ts';
import { says } from '../../legacy/test/support/fake-gemini.ts';
import { pdf } from '../../legacy/test/support/pdf.ts';
import type { AllPdfs, Chat, Message } from '../../legacy/test/support/shapes.ts';
import { listChats } from '../../services/chats/store.ts';
import { onBothDatabases } from '../../services/db/testing/both.ts';
import type { Db } from '../../services/db/transaction.ts';
import { nearestChunks } from '../../services/documents/search.ts';
import { listAllPdfs, listPdfs, viewDocs } from '../../services/documents/store.ts';
import { listMessages } from '../../services/messages/store.ts';
import { isListed } from '../../services/rows/chats.ts';
import { asking, backendOn } from '../../services/testing/ask.ts';
import { testState } from '../../services/testing/state.ts';
import { remarks, runImport } from './testing/run-import.ts';
import { contents } from './testing/tables.ts';

/** A name of which Chroma keeps little: `Übung _1__ a_b_.pdf`. */
const oddName = 'Übung (1)? a:b*.pdf';

let app: App;
/** The ids by what was done with the chat. */
const chat: Record<'talked' | 'documents' | 'emptied' | 'deleted' | 'twins' | 'empty', string> = {} as never;
const unknown = 'an-id-that-nobody-made';
/** What legacy says before anything is imported. */
let seen: Awaited<ReturnType<typeof allThatLegacySays>>;

beforeAll(async () => {
  // A job's state is then what it is, in both.
  app = await startApp({ schedule: 'record-first' });
  for (const name of ['talked', 'documents', 'emptied', 'deleted', 'twins', 'empty'] as const)
    chat[name] = (await client.newChat(app)).id;
  const { add, remove } = documentsOf(app);
  await app.sendJson('PUT', `/api/chats/${chat.talked}/rename`, {
    title: ' 漢字 😀 \u0000 "quoted" \\u0000 ',
  });
  app.gemini.willAnswer(says('A reply with 😀 and \u0000.'), says(''));
  for (const text of ['Hello 😀', 'a\\b\u0000c', 'third']) await client.say(app, chat.talked, text);
  await client.say(app, unknown, 'Is anybody here?');
  await add(
    chat.documents,
    'kept.pdf',
    pdf('the walrus and the carpenter', {
      lines: ['of cabbages'],
      tables: [
        [
          ['a', 'b'],
          ['c', 'd'],
        ],
      ],
    }),
  );
  await add(chat.documents, 'gone.pdf', pdf('a deleted text about kings'));
  await add(chat.documents, oddName, pdf(Array.from({ length: 1500 }, (_, n) => `word${n}`).join(' ')));
  await remove(chat.documents, 'gone.pdf');
  await client.say(app, chat.documents, 'What of the walrus?');
  await add(chat.emptied, 'only.pdf', pdf('soon to be forgotten'));
  await remove(chat.emptied, 'only.pdf');
  await add(chat.deleted, 'lingers.pdf', pdf('documents of a deleted chat'));
  await client.say(app, chat.deleted, 'before the end');
  await app.send('DELETE', `/api/chats/${chat.deleted}`);
  // All three are `a_b.pdf` to Chroma, of one chunk each.
  await add(chat.twins, 'a?b.pdf', pdf('the first twin'));
  await add(chat.twins, 'a*b.pdf', pdf('the second twin'));
  await remove(chat.twins, 'a?b.pdf');
  await add(chat.twins, 'a?b.pdf', pdf('the first twin again'));
  seen = await allThatLegacySays(app);
}, 120_000);
afterAll(() => app?.stop());

function documentsOf(running: App) {
  return {
    add: (id: string, name: string, content: Uint8Array) => client.addPdf(running, id, name, content),
    remove: async (id: string, name: string) => {
      expect((await client.removePdf(running, id, name)).status).toBe(200);
    },
  };
}

async function allThatLegacySays(running: App) {
  const everyId = [...Object.values(chat), unknown];
  const perChat = async <T>(ask: (id: string) => Promise<T>) =>
    Object.fromEntries(await Promise.all(everyId.map(async (id) => [id, await ask(id)])));
  return {
    chats: await client.chats(running),
    allPdfs: (await running.send('GET', '/api/pdfs')).json<AllPdfs>().pdfs,
    messages: await perChat(async (id) =>
      (await client.messages(running, id)).map(({ text, sender }) => ({ text, sender })),
    ),
    docs: await perChat(async (id) => {
      // With its last PDF, or itself, a chat loses its collection: then its documents are in the app's memory only.
      if (id === chat.deleted || id === chat.emptied) return [];
      const pdfs = (await client.docs(running, id)).pdfs.map(({ name, chunks }) => ({ name, chunks }));
      // The name of a deleted PDF is in the app's memory only.
      return id === chat.twins ? pdfs.with(0, { name: 'a_b.pdf', chunks: 1 }) : pdfs;
    }),
    pdfs: await perChat(async (id) =>
      (await client.pdfs(running, id)).pdfs?.map(({ name, chunks }) => ({ name, chunks })),
    ),
  };
}

/** The same, from the stores. */
async function allThatIsHere(db: Db): Promise<typeof seen> {
  const everyId = [...Object.values(chat), unknown];
  const perChat = async <T>(ask: (id: string) => Promise<T>) => {
    const all: [string, T][] = [];
    for (const id of everyId) all.push([id, await ask(id)]);
    return Object.fromEntries(all);
  };
  const chats = (await listChats(db)).map(
    ({ id, title, createdAt, updatedAt, messageCount, pdfs }): Chat => ({
      id,
      title,
      created_at: createdAt,
      updated_at: updatedAt,
      message_count: messageCount,
      has_pdf: pdfs.length > 0,
      pdf_count: pdfs.length,
      pdf_list: pdfs.map(({ name, uploadedAt, chunks }) => ({
        name,
        upload_time: uploadedAt,
        chunks_added: chunks,
        status: 'active',
      })),
    }),
  );
  return {
    chats,
    allPdfs: (await listAllPdfs(db)).map(({ chatId, chatTitle, name, chunks, uploadedAt }) => ({
      chat_id: chatId,
      chat_title: chatTitle,
      name,
      chunks,
      status: 'active',
      uploaded_at: uploadedAt,
    })),
    messages: await perChat(async (id) =>
      (await listMessages(db, id)).map(({ text, role }) => ({
        text,
        sender: role === 'user' ? 'user' : 'bot',
      })),
    ),
    docs: await perChat(async (id) => (await viewDocs(db, id)).documents),
    pdfs: await perChat(async (id) =>
      (await listPdfs(db, id))?.map(({ name, chunks }) => ({ name, chunks })),
    ),
  };
}

describe('of a running app', () => {
  onBothDatabases((database) => {
    it('brings over all that the app shows, in its order, with its times', async () => {
      const report = await runImport(app.folder, database.db);
      expect(await allThatIsHere(database.db)).toEqual(seen);
      expect(report).toMatchObject({
        source: { chats: 5, unlisted: 1, documents: 6 },
        done: { brought: 6, updated: 0, alreadyHere: 0, kept: 0 },
        verified: { counted: 6, asked: 4, agreed: 4, missedByChroma: 0, faults: [] },
      });
      expect(remarks(report)).toEqual(
        [
          `deleted_pdf ${chat.documents}`,
          `deleted_pdf ${chat.twins}`,
          `memory_without_chat ${unknown}`,
        ].sort(),
      );
      expect(await isListed(database.db, unknown)).toBe(false);
    });

    it('leaves out what a retired quirk would leave out', async () => {
      await runImport(app.folder, database.db, { keep: { deletedPdfs: false, deletedChats: false } });
      const here = await allThatIsHere(database.db);
      expect(here.docs[chat.deleted]).toEqual([]);
      expect(here.docs[chat.documents]).toEqual(here.pdfs[chat.documents]);
      expect(here.allPdfs).toEqual(seen.allPdfs);
    });
  });
});

describe('asked over HTTP', () => {
  onBothDatabases((database) => {
    it('answers what the app answers, to the byte, where nothing is made up at each call', async () => {
      await runImport(app.folder, database.db);
      const state = await testState(database.db);
      const backend = backendOn(state);
      const ask = asking(backend);
      const perChat = [...Object.values(chat), unknown, 'nobody'].flatMap((id) =>
        ['pdfs', 'docs'].map((what) => `GET /api/chats/${id}/${what}`),
      );
      // The names of deleted PDFs, and of the documents of chats that have lost their collection, are in the app's memory only.
      const inMemory = [chat.twins, chat.emptied, chat.deleted].map((id) => `GET /api/chats/${id}/docs`);
      const exact = ['GET /api/chats', 'GET /api/pdfs', ...perChat].filter(
        (request) => !inMemory.includes(request),
      );
      for (const request of exact) {
        const [method = '', target = ''] = request.split(' ');
        const legacy = await app.send(method, target);
        const here = await ask(request);
        expect([request, here.status, here.text]).toEqual([request, legacy.status, legacy.text]);
      }
      for (const id of [...Object.values(chat), unknown]) {
        const bare = (messages: Message[]) => messages.map(({ text, sender }) => ({ text, sender }));
        const here = await ask(`GET /api/chats/${id}`);
        expect(bare(here.json as Message[])).toEqual(bare(await client.messages(app, id)));
      }
      await backend.close();
    });
  });
});

describe('while the app takes uploads', () => {
  onBothDatabases((database) => {
    it('disturbs none of them, and the next import brings what the first one missed', async () => {
      const { id } = await client.newChat(app);
      let stop = false;
      const uploads = (async () => {
        for (let n = 0; !stop && n < 100; n++) {
          await client.addPdf(app, id, `n${n}.pdf`, pdf(`text number ${n}`));
          if (n > 1) await client.removePdf(app, id, `n${n - 1}.pdf`);
        }
      })();
      for (let n = 0; n < 3; n++)
        expect((await runImport(app.folder, database.db)).verified?.faults).toEqual([]);
      stop = true;
      await uploads;
      expect(app.lines.filter((line) => line.includes('Traceback'))).toEqual([]);
      const report = await runImport(app.folder, database.db);
      expect(report.verified?.faults).toEqual([]);
      const { docs, chats } = await allThatLegacySays(app);
      expect((await viewDocs(database.db, id)).documents).toHaveLength(
        (await client.docs(app, id)).pdfs.length,
      );
      const here = await allThatIsHere(database.db);
      expect(here.chats).toEqual(chats);
      expect(here.docs).toEqual(docs);
      await app.send('DELETE', `/api/chats/${id}`);
    });
  });
});

describe('asked while it runs', () => {
  onBothDatabases((database) => {
    it('finds for a question what the app finds for it, deleted PDFs too', async () => {
      await runImport(app.folder, database.db);
      const { db } = database;
      for (const id of [chat.documents, chat.twins, chat.deleted]) {
        const everything = await nearestChunks(db, { chatId: id, vector: new Float32Array(384), limit: 15 });
        const short = everything.filter(({ text }) => text.length < 100);
        for (const { text } of short) {
          // The question's vector is that of the chunk with its text.
          const { embedding } = await db
            .selectFrom('chunks as c')
            .innerJoin('chunk_texts as t', 't.chunk_id', 'c.id')
            .select('c.embedding')
            .where('t.text', '=', text)
            .executeTakeFirstOrThrow();
          const here = await nearestChunks(db, {
            chatId: id,
            vector: JSON.parse(embedding) as number[],
            limit: 15,
          });
          const { sources } = await client.say(app, id, text);
          expect(here.map((found) => [found.text, found.metadata.source, found.metadata.page])).toEqual(
            sources.map((source) => [source.full_content, source.source, source.page]),
          );
        }
      }
    });
  });
});

describe('of an app that has ended', () => {
  beforeAll(async () => {
    seen = await allThatLegacySays(app);
    await app.kill();
  });

  onBothDatabases((database) => {
    it('brings over the same, also what a restarted app would have forgotten; twice is the same as once', async () => {
      await runImport(app.folder, database.db);
      const once = await contents(database.db);
      expect(await runImport(app.folder, database.db)).toMatchObject({
        done: { brought: 0, updated: 0, kept: 0 },
        verified: { faults: [] },
      });
      expect(await contents(database.db)).toEqual(once);
      const here = await allThatIsHere(database.db);
      expect(here.docs).toEqual(seen.docs);
      expect(here.allPdfs).toEqual(seen.allPdfs);
    });
  });
});

describe('of an app whose files it has cut short itself', () => {
  it('saves what is before the cut, and all of it once the app has written the file anew', async () => {
    const cutting = await startApp();
    try {
      const { id: last } = await client.newChat(cutting);
      const { id: middle } = await client.newChat(cutting);
      await client.newChat(cutting);
      await client.say(cutting, last, 'kept');
      const rename = (title: string) =>
        cutting.send('PUT', `/api/chats/${middle}/rename`, {
          headers: [['Content-Type', 'application/json']],
          body: `{"title": "${title}"}`,
        });
      // It cannot store that, and has cut the file.
      expect((await rename('\\ud83d cut')).status).toBe(500);
      const cut = await runImport(cutting.folder, undefined, { dryRun: true });
      expect(remarks(cut)).toEqual(['list_cut chat_history.json', `memory_without_chat ${last}`]);
      expect(cut.notes[0]?.detail).toBe(`after 1 chats, in the chat ${middle}`);
      expect(cut.source).toMatchObject({ chats: 1, unlisted: 1, messages: 2 });
      expect((await rename('whole')).status).toBe(200);
      const whole = await runImport(cutting.folder, undefined, { dryRun: true });
      expect(whole).toMatchObject({ notes: [], source: { chats: 3, unlisted: 0, messages: 2 } });
    } finally {
      await cutting.stop();
    }
  });
});
