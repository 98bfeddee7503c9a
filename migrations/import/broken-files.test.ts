/** Files as legacy's faults and people's hands leave them. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listChats } from '../../services/chats/store.ts';
import { onBothDatabases } from '../../services/db/testing/both.ts';
import { listPdfs, viewDocs } from '../../services/documents/store.ts';
import { listMessages } from '../../services/messages/store.ts';
import { ImportError } from './import-error.ts';
import { noteKinds } from './report.ts';
import { aLegacyChat, asLegacyWrites, aTurn, second, writeFolder } from './testing/legacy-files.ts';
import { remarks, runImport } from './testing/run-import.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'legacy-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

onBothDatabases((database) => {
  const titles = async () => (await listChats(database.db)).map(({ title }) => title);
  const texts = async (id: string) => (await listMessages(database.db, id)).map(({ text }) => text);

  it('saves the complete chats before the cut of a list, and names the chat of the cut', async () => {
    const list = [
      aLegacyChat('c', 3),
      aLegacyChat('b', 2, { title: '] } "quoted" [ {' }),
      aLegacyChat('a', 1, { title: 'cut here' }),
    ];
    const text = asLegacyWrites(list);
    await writeFolder(folder, text.slice(0, text.indexOf('cut here') + 4), { a: [aTurn(0, 'still there')] });
    const report = await runImport(folder, database.db);
    expect(await titles()).toEqual(['New Chat 4', '] } "quoted" [ {']);
    expect(report.notes).toEqual([
      { kind: 'list_cut', about: 'chat_history.json', detail: 'after 2 chats, in the chat a' },
      { kind: 'memory_without_chat', about: 'a', detail: '' },
    ]);
    expect(await texts('a')).toEqual(['still there']);
  });

  it('saves the complete turns before the cut of a memory, and keeps the count as it was shown', async () => {
    const text = asLegacyWrites([aTurn(0, 'first'), aTurn(1, 'second'), aTurn(2, 'third')]);
    await writeFolder(folder, [aLegacyChat('a', 1, { message_count: 4 })], { a: text.slice(0, -40) });
    const report = await runImport(folder, database.db);
    expect(remarks(report)).toEqual(['count_differs a', 'memory_cut a']);
    expect(await texts('a')).toEqual(['first', 'second']);
    expect(await listChats(database.db)).toMatchObject([{ messageCount: 4 }]);
  });

  it('takes a duplicate id once, as legacy finds it, and says what it left out', async () => {
    await writeFolder(folder, [
      aLegacyChat('a', 9, { title: 'found' }),
      aLegacyChat('b', 2),
      aLegacyChat('a', 1, { title: 'hidden' }),
    ]);
    const report = await runImport(folder, database.db);
    expect(report.notes).toEqual([{ kind: 'duplicate_id', about: 'a', detail: '"hidden"' }]);
    expect(await titles()).toEqual(['found', 'New Chat 3']);
  });

  it("shows a turn of an unknown role as the bot's, as legacy does, and says so", async () => {
    await writeFolder(folder, [aLegacyChat('a', 1, { message_count: 3 })], {
      a: [aTurn(0, 'x'), aTurn(1, 'y', { role: 'assistant' }), aTurn(2, 'z', { role: 'system' })],
    });
    expect(remarks(await runImport(folder, database.db))).toEqual(['unknown_role a', 'unknown_role a']);
    expect((await listMessages(database.db, 'a')).map(({ role }) => role)).toEqual([
      'user',
      'model',
      'model',
    ]);
  });

  it('keeps odd texts: a null reply, U+0000, lone surrogates, text before the list ends', async () => {
    const odd = [null, '', 'a\0b', 'lone \ud83d', '\\u0000', '\ufeffbom', '"]}'];
    await writeFolder(folder, [aLegacyChat('a', 1, { title: odd[3] as string, message_count: odd.length })], {
      a: odd.map((text, n) => aTurn(n, text)),
    });
    expect((await runImport(folder, database.db)).notes).toEqual([]);
    expect(await texts('a')).toEqual(odd);
    expect(await titles()).toEqual([odd[3]]);
  });

  it('leaves out turns and entries that it cannot use, one by one, and brings over the rest', async () => {
    const list = [
      ...[17, null, { title: 'no id' }, aLegacyChat('', 1)],
      aLegacyChat('a', 2, {
        message_count: 2,
        pdf_list: [
          { name: 'good.pdf', upload_time: second(5), chunks_added: 3, status: 'active' },
          { name: 7, chunks_added: 3 } as never,
          { name: 'empty.pdf', upload_time: second(5), chunks_added: 0, status: 'active' },
        ],
      }),
    ];
    await writeFolder(folder, list, {
      a: [
        aTurn(0, 'x', { parts: ['x', 'more'] }),
        'text',
        { role: 'user' },
        aTurn(1, 'y', { parts: [5] }),
        aTurn(3, 'z'),
      ],
    });
    const report = await runImport(folder, database.db);
    expect(remarks(report)).toEqual(
      [
        ...Array(4).fill('chat_unusable chat_history.json'),
        ...Array(3).fill('turn_unusable a'),
        ...['more_parts a', 'pdf_unusable a', 'pdf_unusable a', 'pdf_without_text a'],
      ].sort(),
    );
    expect(await texts('a')).toEqual(['x', 'z']);
    expect(await listPdfs(database.db, 'a')).toEqual([
      { name: 'good.pdf', uploadedAt: second(5), chunks: 3 },
    ]);
    expect((await viewDocs(database.db, 'a')).documents).toEqual([{ name: 'good.pdf', chunks: 3 }]);
    expect(report.verified?.faults).toEqual([]);
  });

  it('takes the nearest good time for a bad one, and an empty field for a bad one', async () => {
    const bad = {
      created_at: '2026-02-30T00:00:00.000000Z',
      title: 5 as never,
      message_count: -1,
      pdf_list: 'x' as never,
    };
    await writeFolder(folder, [aLegacyChat('a', 1, bad)], {
      a: [
        aTurn(0, 'x', { timestamp: 'yesterday' }),
        aTurn(7, 'y'),
        aTurn(1, 'z', { timestamp: '2026-01-01' }),
      ],
    });
    const report = await runImport(folder, database.db);
    expect(remarks(report)).toEqual(
      [...Array(3).fill('time_unusable a'), ...Array(3).fill('field_unusable a'), 'count_differs a'].sort(),
    );
    const [chat] = await listChats(database.db);
    expect(chat).toMatchObject({
      title: '',
      createdAt: second(61),
      updatedAt: second(61),
      messageCount: 0,
      pdfs: [],
    });
    const times = (await listMessages(database.db, 'a')).map(({ createdAt }) => createdAt);
    expect(times).toEqual([second(61), second(7), second(7)]);
  });

  it('brings over what is there where a file is no list at all, or not UTF-8', async () => {
    await writeFolder(folder, '{"chats": []}', { a: 'null', b: '', c: '[{"role":"user","parts":["\xff"]' });
    await writeFile(
      join(folder, 'memory_d.json'),
      Buffer.from('[{"role":"user","parts":["x\xff"],"timestamp":""}]', 'latin1'),
    );
    const report = await runImport(folder, database.db);
    expect(remarks(report)).toEqual(
      [
        ...['list_unusable chat_history.json', 'memory_unusable a', 'memory_unusable b', 'memory_cut c'],
        ...['bytes_replaced d', 'time_unusable d'],
        ...['a', 'b', 'c', 'd'].map((id) => `memory_without_chat ${id}`),
      ].sort(),
    );
    expect(await texts('d')).toEqual(['x\ufffd']);
  });

  it('waits for a file that is being written', async () => {
    const text = asLegacyWrites([aLegacyChat('a', 1), aLegacyChat('b', 2)]);
    await writeFolder(folder, text.slice(0, 50));
    const importing = runImport(folder, database.db);
    for (let at = 50; at < text.length; at += 50) {
      await delay(60);
      await appendFile(join(folder, 'chat_history.json'), text.slice(at, at + 50));
    }
    expect((await importing).notes).toEqual([]);
    expect(await titles()).toHaveLength(2);
  });
});

it('refuses a folder that is not there, and one that no legacy app has worked in', async () => {
  for (const wrong of [join(folder, 'nowhere'), folder])
    await expect(runImport(wrong, undefined, { dryRun: true })).rejects.toThrow(ImportError);
});

it('has everything that it remarks on in docs/import.md, in the same words', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/import.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `') && line.split('|').length === 5);
  const wanted = Object.entries(noteKinds).map(
    ([kind, { outcome, says }]) => `| \`${kind}\` | ${outcome} | ${says} |`,
  );
  expect(rows.filter((row) => !row.includes('.json'.concat('` |')))).toEqual(wanted);
});
