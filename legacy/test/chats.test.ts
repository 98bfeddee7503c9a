import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { chat, chats, messages, newChat, say } from './support/client.ts';
import { type Chat, timestamp, uuid4 } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const rename = (id: string, title: string) => app.sendJson('PUT', `/api/chats/${id}/rename`, { title });
const ids = (list: Chat[]) => list.map(({ id }) => id);

describe('GET /api/health', () => {
  it('is healthy at this moment', async () => {
    const answer = await app.send('GET', '/api/health');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      status: 'healthy',
      timestamp: expect.stringMatching(timestamp),
      llamaparse: 'unavailable',
    });
  });

  it('has llamaparse where its key is set', async () => {
    const other = await startApp({ env: { LLAMA_CLOUD_API_KEY: 'llx-1' } });
    const answer = await other.send('GET', '/api/health');
    await other.stop();
    expect(answer.json()).toMatchObject({ llamaparse: 'available' });
  });
});

describe('POST /api/chats', () => {
  it('answers 201 with a chat that has nothing yet', async () => {
    const count = (await chats(app)).length;
    const answer = await app.send('POST', '/api/chats');
    expect(answer.status).toBe(201);
    expect(answer.json()).toEqual({
      id: expect.stringMatching(uuid4),
      title: `New Chat ${count + 1}`,
      created_at: expect.stringMatching(timestamp),
      updated_at: expect.stringMatching(timestamp),
      message_count: 0,
      has_pdf: false,
      pdf_count: 0,
      pdf_list: [],
    });
  });

  it('takes both times separately', async () => {
    const made: Chat[] = [];
    for (let i = 0; i < 20; i++) made.push(await newChat(app));
    for (const { created_at, updated_at } of made) expect(created_at <= updated_at).toBe(true);
    expect(made.some(({ created_at, updated_at }) => created_at < updated_at)).toBe(true);
  });

  it.each([
    ['JSON', 'application/json', '{"title": "mine", "id": "mine"}'],
    ['broken JSON', 'application/json', '{'],
    ['something else', 'text/plain', 'hello'],
  ])('never reads its body: %s changes nothing', async (_, type, body) => {
    const answer = await app.send('POST', '/api/chats', { headers: [['Content-Type', type]], body });
    expect(answer.status).toBe(201);
    expect(answer.json<Chat>().title).toMatch(/^New Chat \d+$/);
    expect(answer.json<Chat>().id).toMatch(uuid4);
  });

  it('counts the chats for the title, so titles repeat after a deletion', async () => {
    const first = await newChat(app);
    const second = await newChat(app);
    await app.send('DELETE', `/api/chats/${first.id}`);
    expect((await newChat(app)).title).toBe(second.title);
  });
});

describe('GET /api/chats', () => {
  it('lists the last updated first', async () => {
    const [a, b, c] = [await newChat(app), await newChat(app), await newChat(app)];
    expect(ids(await chats(app)).slice(0, 3)).toEqual([c.id, b.id, a.id]);
    await rename(a.id, 'renamed');
    expect(ids(await chats(app)).slice(0, 3)).toEqual([a.id, c.id, b.id]);
    await say(app, b.id, 'hello');
    expect(ids(await chats(app)).slice(0, 3)).toEqual([b.id, a.id, c.id]);
  });

  it('shows each chat as it was when it was created', async () => {
    const made = await newChat(app);
    expect(await chat(app, made.id)).toEqual(made);
  });
});

describe('PUT /api/chats/ID/rename', () => {
  it('sets the title, stripped, and moves updated_at', async () => {
    const before = await newChat(app);
    const answer = await rename(before.id, '  A walk in the park\n');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{\n  "message": "Chat renamed successfully"\n}\n');
    const after = await chat(app, before.id);
    expect(after.updated_at > before.updated_at).toBe(true);
    expect(after).toEqual({ ...before, title: 'A walk in the park', updated_at: after.updated_at });
  });

  it('moves updated_at when the title stays the same', async () => {
    const before = await newChat(app);
    await rename(before.id, before.title);
    expect((await chat(app, before.id)).updated_at > before.updated_at).toBe(true);
  });

  it('takes markup, any script and a very long title as they are', async () => {
    const { id } = await newChat(app);
    for (const title of ['<b>&amp;"\'\\', '猫の話 🐈', 'x'.repeat(20_000)]) {
      await rename(id, title);
      expect((await chat(app, id)).title).toBe(title);
    }
  });

  it('answers 200 for an unknown id, and creates nothing', async () => {
    const before = await chats(app);
    const answer = await rename('nobody', 'x');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ message: 'Chat renamed successfully' });
    expect(await chats(app)).toEqual(before);
  });

  it('refuses an empty title, for an unknown id too, and changes nothing', async () => {
    const before = await newChat(app);
    for (const id of [before.id, 'nobody']) {
      const answer = await rename(id, '');
      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual({ error: 'Title cannot be empty' });
    }
    expect(await chat(app, before.id)).toEqual(before);
  });
});

describe('DELETE /api/chats/ID', () => {
  it('removes the chat and its messages', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'hello');
    const answer = await app.send('DELETE', `/api/chats/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{\n  "message": "Chat deleted successfully"\n}\n');
    expect(ids(await chats(app))).not.toContain(id);
    expect(await messages(app, id)).toEqual([]);
  });

  it('answers 200 for an unknown id, and a second time', async () => {
    const { id } = await newChat(app);
    for (const each of ['nobody', id, id]) {
      const answer = await app.send('DELETE', `/api/chats/${each}`);
      expect(answer.status).toBe(200);
      expect(answer.json()).toEqual({ message: 'Chat deleted successfully' });
    }
  });

  it('is a 500 for an id that is too long for the name of a file', async () => {
    const answer = await app.send('DELETE', `/api/chats/${'a'.repeat(300)}`);
    expect(answer.status).toBe(500);
    expect(answer.json<{ error: string }>().error).toMatch(
      /^\[Errno \d+\] File name too long: 'memory_a{300}\.json'$/,
    );
  });

  it('is a 500 for an id with a NUL', async () => {
    const answer = await app.send('DELETE', '/api/chats/a%00b');
    expect(answer.status).toBe(500);
    expect(answer.json<{ error: string }>().error).toContain('embedded null');
  });

  it('reads an id that looks like a folder as a name', async () => {
    for (const id of ['..', '.', '%5C', 'a%5Cb'])
      expect((await app.send('DELETE', `/api/chats/${id}`)).status).toBe(200);
  });
});

describe('an id that cannot be the name of a file', () => {
  const id = 'b'.repeat(300);

  it('is an unknown chat to every route but DELETE', async () => {
    expect(await messages(app, id)).toEqual([]);
    expect((await rename(id, 'x')).status).toBe(200);
    expect((await app.send('GET', `/api/chats/${id}/docs`)).status).toBe(200);
    expect((await app.send('GET', `/api/chats/${id}/pdfs`)).status).toBe(404);
  });

  it('can be talked to, each time from an empty history, and shows nothing of it', async () => {
    expect((await say(app, id, 'hello')).message_count).toBe(2);
    expect((await say(app, id, 'hello again')).message_count).toBe(2);
    expect((await app.send('DELETE', `/api/chats/${id}`)).status).toBe(500);
    expect(await messages(app, id)).toEqual([]);
  });
});
