import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import {
  addPdf,
  chat,
  chats,
  docs,
  failedIngestions,
  job,
  messages,
  newChat,
  pdfs,
  removePdf,
  say,
  upload,
} from './support/client.ts';
import { held, says } from './support/fake-gemini.ts';
import { pdf } from './support/pdf.ts';
import { promptWithoutContext } from './support/prompts.ts';
import { type Chat, timestamp, type UploadAccepted } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const cats = pdf('Cats sleep for most of the day.');
const dogs = pdf('Dogs bark at strangers.');
const names = (list: { name: string }[]) => list.map(({ name }) => name);
const sourcesOf = async (id: string, message = 'animals') =>
  (await say(app, id, message)).sources.map(({ source }) => source).sort();

describe('deleted-pdf-still-retrieved', () => {
  it('a deleted PDF is gone from pdf_list alone: it is still retrieved and in /docs', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    await addPdf(app, id, 'dogs.pdf', dogs);
    await removePdf(app, id, 'cats.pdf');
    expect(names((await pdfs(app, id)).pdfs)).toEqual(['dogs.pdf']);
    expect(names((await chat(app, id)).pdf_list)).toEqual(['dogs.pdf']);
    expect(names((await docs(app, id)).pdfs)).toEqual(['cats.pdf', 'dogs.pdf']);
    expect(await sourcesOf(id)).toEqual(['cats.pdf', 'dogs.pdf']);
  });

  it("nothing is retrieved once the chat's last PDF is deleted, and /docs goes on listing all of them", async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    await addPdf(app, id, 'dogs.pdf', dogs);
    await removePdf(app, id, 'cats.pdf');
    await removePdf(app, id, 'dogs.pdf');
    expect(await docs(app, id)).toMatchObject({
      pdfs: [
        { name: 'cats.pdf', chunks: 1, status: 'active' },
        { name: 'dogs.pdf', chunks: 1, status: 'active' },
      ],
    });
    expect((await pdfs(app, id)).pdfs).toEqual([]);
    expect(await sourcesOf(id)).toEqual([]);
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext('animals'));
  });

  it('the next upload is retrieved alone, and listed behind those that were deleted', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    await removePdf(app, id, 'cats.pdf');
    await addPdf(app, id, 'dogs.pdf', dogs);
    expect(names((await docs(app, id)).pdfs)).toEqual(['cats.pdf', 'dogs.pdf']);
    expect(await sourcesOf(id)).toEqual(['dogs.pdf']);
  });

  it('a restart ends the listing of deleted PDFs', async () => {
    const other = await startApp();
    const { id } = await newChat(other);
    await addPdf(other, id, 'cats.pdf', cats);
    await removePdf(other, id, 'cats.pdf');
    expect(names((await docs(other, id)).pdfs)).toEqual(['cats.pdf']);
    await other.restart();
    expect(names((await docs(other, id)).pdfs)).toEqual([]);
    await other.stop();
  });

  it('a deleted name can be uploaded again, and is then there twice', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'dogs.pdf', dogs);
    await addPdf(app, id, 'cats.pdf', cats);
    await removePdf(app, id, 'cats.pdf');
    await addPdf(app, id, 'cats.pdf', pdf('Cats hunt mice at night.'));
    expect(names((await pdfs(app, id)).pdfs)).toEqual(['dogs.pdf', 'cats.pdf']);
    expect(names((await docs(app, id)).pdfs)).toEqual(['dogs.pdf', 'cats.pdf', 'cats.pdf']);
    expect(await sourcesOf(id)).toEqual(['cats.pdf', 'cats.pdf', 'dogs.pdf']);
  });
});

describe('deleted-chat-lingers', () => {
  it('the documents of a deleted chat are still in its /docs, and no longer retrieved', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    await app.send('DELETE', `/api/chats/${id}`);
    expect((await app.send('GET', `/api/chats/${id}/pdfs`)).status).toBe(404);
    expect(await docs(app, id)).toMatchObject({ chat_id: id, pdfs: [{ name: 'cats.pdf', chunks: 1 }] });
    expect(await sourcesOf(id)).toEqual([]);
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext('animals'));
  });

  it('a message to a deleted chat starts it anew, and lists it nowhere', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'before');
    await app.send('DELETE', `/api/chats/${id}`);
    expect((await say(app, id, 'after')).message_count).toBe(2);
    expect(app.gemini.calls.at(-1)?.body.contents).toHaveLength(1);
    expect((await messages(app, id)).map(({ text }) => text)).toEqual(['after', 'An answer.']);
    expect((await chats(app)).map((each) => each.id)).not.toContain(id);
  });

  it('a chat that is deleted while the model thinks comes back with its whole history, unlisted', async () => {
    const { id } = await newChat(app);
    for (const text of ['1', '2', '3', '4', '5', '6']) await say(app, id, text);
    const slow = held(says('too late'));
    app.gemini.willAnswer(slow.script);
    const asking = say(app, id, 'during');
    await slow.asked;
    await app.send('DELETE', `/api/chats/${id}`);
    expect(await messages(app, id)).toEqual([]);
    slow.release();
    expect(await asking).toEqual({ reply: 'too late', sources: [], message_count: 14 });
    const shown = (await messages(app, id)).map(({ text }) => text);
    expect(shown).toHaveLength(14);
    expect(shown.slice(0, 2)).toEqual(['1', 'An answer.']);
    expect(shown.slice(-2)).toEqual(['during', 'too late']);
    expect((await chats(app)).map((each) => each.id)).not.toContain(id);
    expect((await say(app, id, 'after')).message_count).toBe(16);
  });

  it('what was said while the model thought comes back with it, and two messages at once come back together', async () => {
    const { id } = await newChat(app);
    const [slow, slower] = [held(says('one')), held(says('two'))];
    app.gemini.willAnswer(slow.script, slower.script);
    const first = say(app, id, 'first');
    await slow.asked;
    const second = say(app, id, 'second');
    await slower.asked;
    await say(app, id, 'quick');
    await app.send('DELETE', `/api/chats/${id}`);
    slow.release();
    expect((await first).message_count).toBe(4);
    slower.release();
    expect((await second).message_count).toBe(6);
    expect((await messages(app, id)).map(({ text }) => text)).toEqual([
      'quick',
      'An answer.',
      'first',
      'one',
      'second',
      'two',
    ]);
  });
});

describe('invented-message-ids', () => {
  it('ids and times of messages are made up on every call', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'hello');
    await say(app, id, 'hello');
    const [first, second] = [await messages(app, id), await messages(app, id)];
    const all = [...first, ...second];
    expect(new Set(all.map((message) => message.id)).size).toBe(8);
    const times = all.map((message) => message.timestamp);
    expect([...times].sort()).toEqual(times);
    const stored = await readFile(join(app.folder, `memory_${id}.json`), 'utf8');
    for (const time of times) expect(stored).not.toContain(time);
    expect((first[0]?.timestamp ?? '') > (await chat(app, id)).updated_at).toBe(true);
  });
});

describe('client-errors-as-500', () => {
  it("a client's fault is answered as the server's", async () => {
    const ask = (type: string, body: string) =>
      app.send('PUT', '/api/chats/x/rename', { headers: [['Content-Type', type]], body });
    expect((await ask('text/plain', '{"title": "x"}')).status).toBe(500);
    expect((await ask('application/json', '{')).status).toBe(500);
    expect((await ask('application/json', '{"title": 1}')).status).toBe(500);
  });
});

describe('limits-count-finished-only', () => {
  it('uploads that are not finished count neither for the limit nor for the name', async () => {
    const other = await startApp({ schedule: 'held' });
    const { id } = await newChat(other);
    const sent = ['1.pdf', '2.pdf', '3.pdf', '4.pdf', '5.pdf', '6.pdf', '6.pdf'];
    for (const name of sent) expect((await upload(other, id, name, cats)).status).toBe(202);
    const waiting = await docs(other, id);
    expect(names(waiting.processing)).toEqual(sent);
    expect(waiting).toMatchObject({ pdfs: [], total_docs: 7 });

    await writeFile(join(other.folder, 'go'), '');
    await expect.poll(async () => (await pdfs(other, id)).total_pdfs, { timeout: 20_000 }).toBe(7);
    expect(names((await pdfs(other, id)).pdfs).sort()).toEqual(sent);
    expect((await chat(other, id)).pdf_count).toBe(7);
    expect((await upload(other, id, '8.pdf', cats)).json()).toEqual({ error: 'Maximum 5 PDFs per chat' });

    // A name that is there twice is deleted at once.
    await removePdf(other, id, '6.pdf');
    expect((await pdfs(other, id)).total_pdfs).toBe(5);
    await other.stop();
  });
});

describe('source-name-sanitised', () => {
  it('a source is not named as the lists name its PDF', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, "cats & dogs' life!.pdf", cats);
    expect(await sourcesOf(id)).toEqual(['cats _ dogs_ life_.pdf']);
    expect(names((await docs(app, id)).pdfs)).toEqual(["cats & dogs' life!.pdf"]);
  });
});

describe('local-time-as-utc', () => {
  it.each(['Asia/Tokyo', 'America/St_Johns'])('in %s every time is local, with a Z', async (zone) => {
    const other = await startApp({ env: { TZ: zone } });
    const local = () =>
      new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
        .format(new Date())
        .replace(' ', 'T');
    const from = local();
    const { id, created_at, updated_at } = await newChat(other);
    await say(other, id, 'hello');
    const { timestamp: now } = (await other.send('GET', '/api/health')).json<{ timestamp: string }>();
    const shown = (await messages(other, id)).map((message) => message.timestamp);
    const to = local();
    for (const time of [created_at, updated_at, now, ...shown]) {
      expect(time).toMatch(timestamp);
      expect(time.slice(0, 19) >= from && time.slice(0, 19) <= to).toBe(true);
    }
    await other.stop();
  });
});

describe('job-status-race', () => {
  const broken = Buffer.from('not a PDF');

  it('either way of the race may be seen, and the PDF is there', async () => {
    const { id } = await newChat(app);
    const { job_id } = await addPdf(app, id, 'cats.pdf', cats);
    const { status } = await job(app, job_id);
    expect(['queued', 'processing', 'done']).toContain(status);
  });

  describe('where the worker wins', () => {
    let other: App;
    beforeAll(async () => {
      other = await startApp({ schedule: 'worker-first' });
    });
    afterAll(() => other.stop());

    it('the job stays queued for ever, and the PDF is in pdfs and in processing', async () => {
      const { id } = await newChat(other);
      const { job_id } = (await upload(other, id, 'cats.pdf', cats)).json<UploadAccepted>();
      expect(await job(other, job_id)).toEqual({
        job_id,
        status: 'queued',
        started_at: expect.stringMatching(timestamp),
        chat_id: id,
        filename: 'cats.pdf',
      });
      expect(await docs(other, id)).toEqual({
        chat_id: id,
        pdfs: [{ name: 'cats.pdf', chunks: 1, status: 'active' }],
        xlsx: [],
        processing: [{ name: 'cats.pdf', job_id, status: 'queued' }],
        total_docs: 2,
      });
    });

    it('a failed one stays in processing', async () => {
      const { id } = await newChat(other);
      const { job_id } = (await upload(other, id, 'a.pdf', broken)).json<UploadAccepted>();
      await failedIngestions(other, 1);
      expect(await job(other, job_id)).toMatchObject({ status: 'queued' });
      expect(await docs(other, id)).toMatchObject({
        pdfs: [],
        processing: [{ name: 'a.pdf', job_id, status: 'queued' }],
        total_docs: 1,
      });
    });
  });

  describe('where the record wins', () => {
    let other: App;
    beforeAll(async () => {
      other = await startApp({ schedule: 'record-first' });
    });
    afterAll(() => other.stop());

    it('the job is processing, then done with the number of its chunks', async () => {
      const { id } = await newChat(other);
      const pages = Array.from({ length: 150 }, (_, i) => `Page ${i} of a longer document.`);
      const { job_id } = (await upload(other, id, 'long.pdf', pdf(...pages))).json<UploadAccepted>();
      await expect.poll(async () => (await job(other, job_id)).status, { interval: 5 }).toBe('processing');
      expect(await docs(other, id)).toMatchObject({
        pdfs: [],
        processing: [{ name: 'long.pdf', job_id, status: 'processing' }],
        total_docs: 1,
      });
      await expect.poll(async () => (await job(other, job_id)).status, { timeout: 20_000 }).toBe('done');
      const done = await job(other, job_id);
      expect(done).toEqual({
        job_id,
        status: 'done',
        started_at: expect.stringMatching(timestamp),
        finished_at: expect.stringMatching(timestamp),
        chunks_added: 150,
        chat_id: id,
        filename: 'long.pdf',
      });
      expect((done.finished_at ?? '') > done.started_at).toBe(true);
      expect(await docs(other, id)).toMatchObject({ processing: [], total_docs: 1 });
    });

    it('a failed one says why, and is no longer in processing', async () => {
      const { id } = await newChat(other);
      const { job_id } = (await upload(other, id, 'a.pdf', broken)).json<UploadAccepted>();
      await expect.poll(async () => (await job(other, job_id)).status).toBe('error');
      expect(await job(other, job_id)).toEqual({
        job_id,
        status: 'error',
        started_at: expect.stringMatching(timestamp),
        finished_at: expect.stringMatching(timestamp),
        error: 'Failed to extract any text from PDF',
        chat_id: id,
        filename: 'a.pdf',
      });
      expect(await docs(other, id)).toMatchObject({ pdfs: [], processing: [], total_docs: 0 });
    });
  });
});

describe('restart-forgets-documents', () => {
  it('after a restart /docs is empty, retrieval is off and jobs are unknown', async () => {
    const { id } = await newChat(app);
    const { job_id } = await addPdf(app, id, 'cats.pdf', cats);
    await app.restart();
    expect(await docs(app, id)).toEqual({ chat_id: id, pdfs: [], xlsx: [], processing: [], total_docs: 0 });
    expect(await sourcesOf(id)).toEqual([]);
    expect((await app.send('GET', `/api/upload-status/${job_id}`)).status).toBe(404);
    expect(names((await pdfs(app, id)).pdfs)).toEqual(['cats.pdf']);
    expect((await upload(app, id, 'cats.pdf', cats)).json()).toEqual({
      error: "PDF 'cats.pdf' already uploaded",
    });
  });

  it('the next upload to the chat turns retrieval on again, for what was there before too', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    await app.restart();
    await addPdf(app, id, 'dogs.pdf', dogs);
    expect(await sourcesOf(id)).toEqual(['cats.pdf', 'dogs.pdf']);
    expect(names((await docs(app, id)).pdfs)).toEqual(['dogs.pdf']);
  });

  it('deleting the last PDF after a restart drops what is still stored', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    await app.restart();
    await removePdf(app, id, 'cats.pdf');
    await addPdf(app, id, 'dogs.pdf', dogs);
    expect(await sourcesOf(id)).toEqual(['dogs.pdf']);
  });
});

describe('lone-surrogate-truncates-store', () => {
  const sendRawJson = (method: string, path: string, body: string) =>
    app.send(method, path, { headers: [['Content-Type', 'application/json']], body });

  const codec = (position: number) => ({
    error: `'utf-8' codec can't encode character '\\ud83d' in position ${position}: surrogates not allowed`,
  });

  it("a lone surrogate in a title is a 500 with the codec's text, is shown, and all chats are gone at the next start", async () => {
    await newChat(app);
    const { id } = await newChat(app);
    const answer = await sendRawJson('PUT', `/api/chats/${id}/rename`, '{"title": "a\\ud83db"}');
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual(codec(2));
    expect((await app.send('GET', '/api/chats')).text).toContain('"title": "a\\ud83db"');
    const stored = await readFile(join(app.folder, 'chat_history.json'), 'utf8');
    expect(stored).toBe(`[\n  {\n    "id": "${id}",\n    "title": `);
    await app.restart();
    expect(await chats(app)).toEqual([]);
  });

  it('from then on every write that stores the list is that 500, has its effect in memory, and reads go on', async () => {
    const other = await startApp();
    const [{ id }, { id: another }] = [await newChat(other), await newChat(other)];
    await addPdf(other, another, 'cats.pdf', cats);
    await other.send('PUT', `/api/chats/${id}/rename`, {
      headers: [['Content-Type', 'application/json']],
      body: '{"title": "\\ud83d"}',
    });
    const refused = [
      await other.send('POST', '/api/chats'),
      await other.sendJson('PUT', `/api/chats/${another}/rename`, { title: 'x' }),
      await other.sendJson('POST', `/api/chats/${another}/messages`, { message: 'hello' }),
      await other.send('DELETE', `/api/chats/${another}/pdfs/cats.pdf`),
    ];
    for (const answer of refused) expect([answer.status, answer.json()]).toEqual([500, codec(1)]);
    expect(await chats(other)).toHaveLength(3);
    expect(await chat(other, another)).toMatchObject({ title: 'x', message_count: 2, pdf_count: 0 });
    expect(await messages(other, another)).toHaveLength(2);
    expect((await say(other, 'in-no-list', 'hello')).message_count).toBe(2);
    expect((await other.send('DELETE', `/api/chats/${another}`)).json()).toEqual(codec(1));
    expect((await other.send('DELETE', `/api/chats/${id}`)).status).toBe(200);
    expect((await newChat(other)).title).toBe('New Chat 2');
    await other.stop();
  });

  it('a lone surrogate in a message is sent, answered and shown, but its messages are gone at the next start', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'before');
    const answer = await sendRawJson('POST', `/api/chats/${id}/messages`, '{"message": "a\\udc00b"}');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ reply: 'An answer.', sources: [], message_count: 4 });
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext('a\udc00b'));
    expect((await app.send('GET', `/api/chats/${id}`)).text).toContain('"text": "a\\udc00b"');
    await app.restart();
    expect((await chat(app, id)).message_count).toBe(4);
    expect(await messages(app, id)).toEqual([]);
    expect((await say(app, id, 'anew')).message_count).toBe(2);
  });

  it('a lone surrogate in a reply does the same', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(says('a\ud800'));
    expect((await say(app, id, 'hello')).reply).toBe('a\ud800');
    expect((await messages(app, id))[1]?.text).toBe('a\ud800');
    await app.restart();
    expect(await messages(app, id)).toEqual([]);
  });

  it('the next change without it writes the store whole again', async () => {
    const { id } = await newChat(app);
    await sendRawJson('PUT', `/api/chats/${id}/rename`, '{"title": "\\ud800"}');
    await app.sendJson('PUT', `/api/chats/${id}/rename`, { title: 'mended' });
    await app.restart();
    expect((await chat(app, id)).title).toBe('mended');
  });

  it('a message with one finds nothing: its answer has no sources', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'cats.pdf', cats);
    const answer = await sendRawJson('POST', `/api/chats/${id}/messages`, '{"message": "cats \\ud800"}');
    expect(answer.json()).toMatchObject({ reply: 'An answer.', sources: [] });
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext('cats \ud800'));
  });
});

describe('long-chat-id-loses-messages', () => {
  it.each([
    ['longer than a file name may be', 'x'.repeat(244)],
    ['longer in UTF-8 than a file name may be', '日'.repeat(82)],
    ['with a null in it', 'a\0b'],
  ])('an id %s has no history: every message begins anew, and none is shown', async (_, id) => {
    const path = `/api/chats/${encodeURIComponent(id)}`;
    for (const message of ['one', 'two']) {
      const answer = await app.sendJson('POST', `${path}/messages`, { message });
      expect(answer.json()).toEqual({ reply: 'An answer.', sources: [], message_count: 2 });
      expect(app.gemini.calls.at(-1)?.body.contents).toHaveLength(1);
      expect((await app.send('GET', path)).json()).toEqual([]);
    }
  });

  it('the longest id that is still a file name keeps its messages', async () => {
    const id = 'x'.repeat(243);
    await say(app, id, 'one');
    expect((await say(app, id, 'two')).message_count).toBe(4);
    expect(await messages(app, id)).toHaveLength(4);
  });
});

describe('concurrent-writes-race', () => {
  it('two messages at once see the same history, and are stored in the order of their answers', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'before');
    const [slow, slower] = [held(says('one')), held(says('two'))];
    app.gemini.willAnswer(slow.script, slower.script);
    const first = say(app, id, 'first');
    await slow.asked;
    const second = say(app, id, 'second');
    await slower.asked;
    for (const call of app.gemini.calls.slice(-2)) expect(call.body.contents).toHaveLength(3);
    slower.release();
    expect((await second).message_count).toBe(4);
    slow.release();
    expect((await first).message_count).toBe(6);
    expect((await messages(app, id)).map(({ text }) => text)).toEqual([
      'before',
      'An answer.',
      'second',
      'two',
      'first',
      'one',
    ]);
    expect((await chat(app, id)).message_count).toBe(6);
  });

  it('chats created at once may have the same title', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => app.send('POST', '/api/chats')));
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 201));
    const listed = new Set((await chats(app)).map(({ id }) => id));
    for (const answer of made) expect(listed.has(answer.json<Chat>().id)).toBe(true);
  });
});
