import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { addPdf, chat, chats, docs, messages, newChat, pdfs, removePdf, say } from './support/client.ts';
import { says } from './support/fake-gemini.ts';
import { pdf } from './support/pdf.ts';
import { promptWithoutContext } from './support/prompts.ts';
import { type Chat, timestamp } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const read = (name: string) => readFile(join(app.folder, name), 'utf8');
const readJson = async <T>(name: string) => JSON.parse(await read(name)) as T;

describe('chat_history.json', () => {
  it('is written with the first change, and holds the chats as they are shown', async () => {
    const fresh = await startApp();
    await fresh.send('GET', '/api/chats');
    await fresh.sendJson('POST', '/api/chats/x/messages', { message: 'hello' });
    expect(await readdir(fresh.folder)).not.toContain('chat_history.json');
    const made = await newChat(fresh);
    expect(JSON.parse(await readFile(join(fresh.folder, 'chat_history.json'), 'utf8'))).toEqual([made]);
    await fresh.stop();
  });

  it('is indented by two, not escaped, and has no newline at the end', async () => {
    for (const { id } of await chats(app)) await app.send('DELETE', `/api/chats/${id}`);
    const made = await newChat(app);
    await app.sendJson('PUT', `/api/chats/${made.id}/rename`, { title: 'Ünï "日本" 😀 \\ /' });
    const { updated_at } = await chat(app, made.id);
    expect(await read('chat_history.json')).toBe(
      [
        '[',
        '  {',
        `    "id": "${made.id}",`,
        '    "title": "Ünï \\"日本\\" 😀 \\\\ /",',
        `    "created_at": "${made.created_at}",`,
        `    "updated_at": "${updated_at}",`,
        '    "message_count": 0,',
        '    "has_pdf": false,',
        '    "pdf_count": 0,',
        '    "pdf_list": []',
        '  }',
        ']',
      ].join('\n'),
    );
  });

  it('lists the newest first, whatever was updated since', async () => {
    const [a, b] = [await newChat(app), await newChat(app)];
    await say(app, a.id, 'hello');
    expect((await readJson<Chat[]>('chat_history.json')).slice(0, 2).map(({ id }) => id)).toEqual([
      b.id,
      a.id,
    ]);
  });

  it('is written whole on each change', async () => {
    const { id } = await newChat(app);
    const stored = async () => (await readJson<Chat[]>('chat_history.json')).find((each) => each.id === id);
    await say(app, id, 'hello');
    expect(await stored()).toMatchObject({ message_count: 2 });
    await addPdf(app, id, 'a.pdf', pdf('One page.'));
    await expect.poll(stored).toEqual(await chat(app, id));
    await removePdf(app, id, 'a.pdf');
    expect(await stored()).toMatchObject({ pdf_count: 0 });
    await app.send('DELETE', `/api/chats/${id}`);
    expect(await stored()).toBeUndefined();
  });
});

describe('memory_<id>.json', () => {
  it('holds the turns, indented by two, not escaped, without a newline at the end', async () => {
    app.gemini.willAnswer(says('Grüße 😀'));
    await say(app, 'files', '  日本 "x" ');
    const text = await read('memory_files.json');
    const times = [...text.matchAll(/"timestamp": "(.*)"/g)].map(([, time]) => time ?? '');
    for (const time of times) expect(time).toMatch(timestamp);
    expect(text).toBe(
      [
        '[',
        '  {',
        '    "role": "user",',
        '    "parts": [',
        '      "日本 \\"x\\""',
        '    ],',
        `    "timestamp": "${times[0]}"`,
        '  },',
        '  {',
        '    "role": "model",',
        '    "parts": [',
        '      "Grüße 😀"',
        '    ],',
        `    "timestamp": "${times[1]}"`,
        '  }',
        ']',
      ].join('\n'),
    );
  });

  it('keeps a null reply as null', async () => {
    app.gemini.willAnswer(says(null));
    await say(app, 'nulls', 'hello');
    expect((await readJson<{ parts: unknown[] }[]>('memory_nulls.json'))[1]?.parts).toEqual([null]);
  });

  it('is written for unknown ids too, and for no chat that was never talked to', async () => {
    const { id } = await newChat(app);
    await messages(app, id);
    await say(app, 'un-known', 'hello');
    const names = await readdir(app.folder);
    expect(names).toContain('memory_un-known.json');
    expect(names).not.toContain(`memory_${id}.json`);
  });

  it('goes with its chat', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'hello');
    expect(await readdir(app.folder)).toContain(`memory_${id}.json`);
    await app.send('DELETE', `/api/chats/${id}`);
    expect(await readdir(app.folder)).not.toContain(`memory_${id}.json`);
  });
});

describe('the folder', () => {
  it('holds the vectors in chroma_db, and nothing of an uploaded file', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'upload.pdf', pdf('One page.'));
    expect((await stat(join(app.folder, 'chroma_db'))).isDirectory()).toBe(true);
    const others = (await readdir(app.folder)).filter((name) => !/^memory_.*\.json$/.test(name));
    expect(others.sort()).toEqual(['chat_history.json', 'chroma_db']);
  });
});

describe('after a restart', () => {
  it.each(['stopped', 'killed'])(
    'of an app that was %s, chats and messages are what they were',
    async (how) => {
      const { id } = await newChat(app);
      app.gemini.willAnswer(says('héllo 😀'));
      await say(app, id, 'one');
      await newChat(app);
      await app.sendJson('PUT', `/api/chats/${id}/rename`, { title: 'kept ✓' });
      const before = await app.send('GET', '/api/chats');
      if (how === 'stopped') await app.restart();
      else {
        await app.kill();
        await app.start();
      }
      expect((await app.send('GET', '/api/chats')).text).toBe(before.text);
      expect((await messages(app, id)).map(({ text, sender }) => [text, sender])).toEqual([
        ['one', 'user'],
        ['héllo 😀', 'bot'],
      ]);
      expect((await say(app, id, 'two')).message_count).toBe(4);
      expect(app.gemini.calls.at(-1)?.body.contents).toEqual([
        { role: 'user', parts: [{ text: 'one' }] },
        { role: 'model', parts: [{ text: 'héllo 😀' }] },
        { role: 'user', parts: [{ text: promptWithoutContext('two') }] },
      ]);
    },
  );

  it('PDFs are still listed with their chat', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'a.pdf', pdf('One page.'));
    const before = await pdfs(app, id);
    await app.restart();
    expect(await pdfs(app, id)).toEqual(before);
    expect((await chat(app, id)).pdf_list[0]?.name).toBe('a.pdf');
  });

  it('the number of chats goes on', async () => {
    const count = (await chats(app)).length;
    await app.restart();
    expect((await newChat(app)).title).toBe(`New Chat ${count + 1}`);
  });
});

describe('state that was there before the first start', () => {
  const stored: Chat = {
    id: 'from-elsewhere',
    title: 'Älter',
    created_at: '2024-01-01T00:00:00.000000Z',
    updated_at: '2024-01-02T00:00:00.000000Z',
    message_count: 2,
    has_pdf: true,
    pdf_count: 1,
    pdf_list: [
      { name: 'old.pdf', upload_time: '2024-01-01T12:00:00.000000Z', chunks_added: 7, status: 'active' },
    ],
  };
  const turns = [
    { role: 'user', parts: ['hi'], timestamp: stored.created_at },
    { role: 'model', parts: ['hello'], timestamp: stored.updated_at },
  ];

  it('is read', async () => {
    const other = await startApp({
      prepare: async (folder) => {
        await writeFile(join(folder, 'chat_history.json'), JSON.stringify([stored]));
        await writeFile(join(folder, 'memory_from-elsewhere.json'), JSON.stringify(turns));
      },
    });
    expect(await chats(other)).toEqual([stored]);
    expect((await messages(other, stored.id)).map(({ text }) => text)).toEqual(['hi', 'hello']);
    expect((await newChat(other)).title).toBe('New Chat 2');
    await other.stop();
  });

  it('is ordered by its times as strings, equal ones as they are stored', async () => {
    const times = [
      '2024-05-01T10:00:00.000000Z',
      '2024-05-01T9:00:00.000000Z',
      '2024-05-01T10:00:00.000000Z',
      'z',
      '',
    ];
    const list = times.map((updated_at, i) => ({ ...stored, id: String(i), updated_at }));
    const other = await startApp({
      prepare: (folder) => writeFile(join(folder, 'chat_history.json'), JSON.stringify(list)),
    });
    expect((await chats(other)).map(({ id }) => id)).toEqual(['3', '1', '0', '2', '4']);
    await other.stop();
  });

  it('is read at the start only: a file that is changed later is overwritten', async () => {
    const other = await startApp();
    await writeFile(join(other.folder, 'chat_history.json'), JSON.stringify([stored]));
    expect(await chats(other)).toEqual([]);
    const made = await newChat(other);
    expect(JSON.parse(await readFile(join(other.folder, 'chat_history.json'), 'utf8'))).toEqual([made]);
    await other.stop();
  });

  it('is no state where it is not JSON: the app starts without chats', async () => {
    const other = await startApp({
      prepare: async (folder) => {
        await writeFile(join(folder, 'chat_history.json'), '[{"id": "x", "tit');
        await writeFile(join(folder, 'memory_x.json'), '[');
      },
    });
    expect(await chats(other)).toEqual([]);
    expect(await messages(other, 'x')).toEqual([]);
    expect((await say(other, 'x', 'hello')).message_count).toBe(2);
    await other.stop();
  });
});

it('a folder that cannot be written keeps the app answering from memory', async () => {
  const other = await startApp({ prepare: (folder) => mkdir(join(folder, 'chat_history.json')) });
  const made = await newChat(other);
  expect(await chats(other)).toEqual([made]);
  expect((await docs(other, made.id)).total_docs).toBe(0);
  await other.stop();
});
