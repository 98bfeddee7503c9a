/** What the source reads of a legacy app that writes meanwhile. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { python } from '../../tools/setup/testing/places.ts';
import { ImportError } from '../import/import-error.ts';
import type { ImportedChat } from '../import/source/chats.ts';
import { aDocument, listed, makeChroma } from '../import/testing/chroma-folder.ts';
import { aLegacyChat, asLegacyWrites, aTurn, writeFolder } from '../import/testing/legacy-files.ts';
import { type ChatSource, openChatSource } from './chat-source.ts';
import { startWriter } from './testing/writer.ts';

let folder: string;
let source: ChatSource;
const { signal } = new AbortController();
const patience = { changing: 20_000, resting: 300, settling: 5 };
const open = (keep = { deletedPdfs: true, deletedChats: true }) =>
  openChatSource({ folder, python: async () => python, keep, patience });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-legacy-'));
  source = open();
});
afterEach(async () => {
  await source.close();
  await rm(folder, { recursive: true });
});

/** @throws Error if the chat could not be read */
async function snapshot(id: string): Promise<ImportedChat | undefined> {
  const found = (await source.snapshots([id], signal)).get(id);
  if (found instanceof Error) throw found;
  return found;
}

it('gives no torn state while legacy writes its files anew in place', async () => {
  const writer = await startWriter('legacy_writer.py', folder, '150');
  const seen = new Map<string, number>();
  let changed = 0;
  const until = performance.now() + 2500;
  while (performance.now() < until) {
    const ids = await source.ids(signal);
    expect(ids).toHaveLength(150);
    for (const [id, chat] of await source.snapshots(ids, signal)) {
      // It changed all the time, and the source says so.
      if (chat instanceof ImportError) continue;
      const { title, messageCount, messages } = chat as ImportedChat;
      expect([title, messages.length]).toEqual([`${messageCount}`.padStart(4, '0'), messageCount]);
      for (const [turn, { text }] of messages.entries())
        expect(text?.startsWith(`${id} ${turn} `)).toBe(true);
      if (messageCount > (seen.get(id) ?? 0)) changed++;
      expect(messageCount).toBeGreaterThanOrEqual(seen.get(id) ?? 0);
      seen.set(id, messageCount);
    }
  }
  const written = await writer.stop();
  expect(changed).toBeGreaterThan(10);
  const final = await source.snapshots(await source.ids(signal), signal);
  expect([...final.values()].reduce((sum, chat) => sum + (chat as ImportedChat).messages.length, 0)).toBe(
    written,
  );
}, 60_000);

it('names the file that it cannot read, says what to do, and reads the other chats', async () => {
  const cut = asLegacyWrites([aTurn(0, 'a'), aTurn(1, 'b')]).slice(0, -30);
  await writeFolder(folder, [aLegacyChat('cut', 2), aLegacyChat('whole', 1, { message_count: 1 })], {
    cut,
    whole: [aTurn(0, 'there')],
  });
  const found = await source.snapshots(['cut', 'whole'], signal);
  expect(found.get('cut')).toBeInstanceOf(ImportError);
  expect(found.get('cut')).toMatchObject({
    message: 'memory_cut.json cannot be read: it is cut short.',
    advice: expect.stringContaining('send a message to the chat'),
  });
  expect(found.get('whole')).toMatchObject({ messages: [{ text: 'there' }] });
});

it('does not take a list that is cut short for all that there is', async () => {
  const list = asLegacyWrites([aLegacyChat('b', 2), aLegacyChat('a', 1)]);
  await writeFolder(folder, list.slice(0, list.lastIndexOf('{')));
  await expect(source.ids(signal)).rejects.toThrow('chat_history.json cannot be read: it is cut short.');
  await expect(source.snapshots(['a'], signal)).rejects.toThrow('chat_history.json cannot be read');
});

it('does not take a missing folder for a legacy app that has nothing', async () => {
  await rm(folder, { recursive: true });
  await expect(source.ids(signal)).rejects.toThrow(`There is no folder ${folder}.`);
  await writeFolder(folder, []);
  expect(await source.ids(signal)).toEqual([]);
});

it('has nothing of what legacy does not have, whatever the id is', async () => {
  await writeFolder(folder, [aLegacyChat('a', 1)]);
  const ids = ['none', '../chat_history', 'x\0', 'é'.repeat(200)];
  expect([...(await source.snapshots([...ids, 'a'], signal))]).toEqual([
    ...ids.map((id) => [id, undefined]),
    ['a', expect.objectContaining({ id: 'a', listed: true })],
  ]);
});

it('has conversations in no list too, and all of it in the order in which it was made', async () => {
  await writeFolder(folder, [aLegacyChat('newest', 2), aLegacyChat('oldest', 1)], {
    unlisted: [aTurn(0, 'x')],
  });
  expect(await source.ids(signal)).toEqual(['unlisted', 'oldest', 'newest']);
  expect(await snapshot('unlisted')).toMatchObject({ listed: false, messages: [{ text: 'x' }] });
});

it('ends at once when it is told to', async () => {
  await writeFolder(folder, '[');
  const stop = new AbortController();
  const reading = source.ids(stop.signal);
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow();
});

it('has a document once legacy lists it, and a deleted PDF as long as its quirk is reproduced', async () => {
  await makeChroma(folder, [{ name: 'chat_other', records: aDocument('o', 'o.pdf', 1) }]);
  await writeFolder(folder, [aLegacyChat('a', 2), aLegacyChat('odd', 1, { message_count: 1 })]);
  await source.ids(signal);
  await makeChroma(folder, [{ name: 'chat_a', records: aDocument('d', 'a.pdf', 3) }]);
  // Its chunks are there, and the list is not written yet.
  const reading = snapshot('a');
  // Each takes two readings that have to agree.
  for (let n = 0; n < 5; n++) expect(await snapshot('odd')).toMatchObject({ messageCount: 1, messages: [] });
  const list = asLegacyWrites([aLegacyChat('a', 1, { pdf_list: [listed('a.pdf', 3)] })]);
  await writeFile(join(folder, 'chat_history.json'), list);
  const documents = (await reading)?.documents;
  expect(documents).toMatchObject([{ name: 'a.pdf', listed: true }]);
  expect(documents?.[0]?.chunks).toHaveLength(3);

  await writeFolder(folder, [aLegacyChat('a', 1)]);
  expect((await snapshot('a'))?.documents).toMatchObject([{ name: 'a.pdf', listed: false }]);
  await source.close();
  source = open({ deletedPdfs: false, deletedChats: false });
  expect((await snapshot('a'))?.documents).toEqual([]);

  await writeFolder(folder, []);
  expect(await source.ids(signal)).toEqual([]);
  expect(await snapshot('a')).toBeUndefined();
  await source.close();
  source = open();
  expect(await source.ids(signal)).toEqual(['a', 'other']);
  expect(await snapshot('a')).toMatchObject({ listed: false, documents: [{ name: 'a.pdf', listed: false }] });
}, 60_000);
