/** The chatbot's source for the first sync, as the gateway gets it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateJournal } from '@banyan/gateway/continuity/journal/migrations/migrate.ts';
import { journalOf } from '@banyan/gateway/continuity/journal/tables.ts';
import type { SyncSource } from '@banyan/gateway/continuity/sync/source.ts';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSettings } from '../banyan.settings.ts';
import { chatbotSync, legacyFolder } from '../banyan.sync.ts';
import { aLegacyChat, aTurn, second, writeFolder } from '../migrations/import/testing/legacy-files.ts';
import { listChats } from '../services/chats/store.ts';
import { onBothDatabases } from '../services/db/testing/both.ts';
import { listMessages } from '../services/messages/store.ts';

const { signal } = new AbortController();
const python = () => Promise.reject(new Error('There is no Chroma folder'));
const settings = (env: Record<string, string>) => readSettings(env, '/srv/banyan');

let folder: string;
let source: SyncSource;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sync-source-'));
  const open = chatbotSync(settings({ LEGACY_DATA: folder }), python);
  const [chats] = (await open?.()) ?? [];
  if (!chats) throw new Error('There is no source');
  source = chats;
});
afterEach(async () => {
  await source.close();
  await rm(folder, { recursive: true, force: true });
});

it('is absent if the gateway does not know where legacy’s files are, or has no Python to read them', () => {
  const elsewhere = { LEGACY_URL: 'http://legacy:5050' };
  expect(legacyFolder(settings({}))).toBe('/srv/banyan/.banyan/legacy');
  expect(legacyFolder(settings({ BANYAN_DATA: '/data' }))).toBe('/data/legacy');
  expect(legacyFolder(settings({ ...elsewhere, LEGACY_DATA: '../chatbot' }))).toBe('/srv/chatbot');
  expect(legacyFolder(settings(elsewhere))).toBeUndefined();
  expect(chatbotSync(settings(elsewhere), python)).toBeUndefined();
  expect(chatbotSync(settings({}), undefined)).toBeUndefined();
});

it('says what it cannot read and what to do, in the words of the catalogue', async () => {
  await writeFolder(folder, [aLegacyChat('a', 1)]);
  await rm(folder, { recursive: true });
  const refused = source.ids(signal);
  await expect(refused).rejects.toThrow(BanyanError);
  await expect(refused).rejects.toMatchObject({
    code: 'source_unreadable',
    message: `The first sync cannot read what legacy has: There is no folder ${folder}.`,
    advice: expect.stringContaining('LEGACY_DATA'),
  });
});

onBothDatabases((database) => {
  it('installs chats in a transaction of the journal, which takes them back if it fails', async () => {
    await writeFolder(folder, [aLegacyChat('b', 2), aLegacyChat('a', 1, { message_count: 2 })], {
      a: [aTurn(0, 'hello'), aTurn(1, 'hi')],
    });
    const { db } = database;
    await migrateJournal(db);
    const journal = journalOf(db);
    const ids = await source.ids(signal);
    const snapshots = await source.snapshots(ids, signal);
    const names = { publicTime: (field: string) => (field === 'updated_at' ? second(500) : undefined) };
    const installAll = (and: () => void) =>
      journal.transaction().execute(async (tx) => {
        for (const [id, snapshot] of snapshots) await source.install(tx, `public ${id}`, snapshot, names);
        await source.installList?.(
          tx,
          ids.map((id) => `public ${id}`),
        );
        await tx.selectFrom('keys').selectAll().execute();
        and();
      });
    const failing = installAll(() => {
      throw new Error('the head has moved');
    });
    await expect(failing).rejects.toThrow('the head has moved');
    expect(await listChats(db)).toEqual([]);
    await installAll(() => {});
    expect((await listChats(db)).map(({ id, updatedAt }) => [id, updatedAt])).toEqual([
      ['public b', second(500)],
      ['public a', second(500)],
    ]);
    expect((await listMessages(db, 'public a')).map(({ text }) => text)).toEqual(['hello', 'hi']);
  });
});

it('puts the reason in the place of a snapshot that cannot be read', async () => {
  await writeFolder(folder, [aLegacyChat('a', 1)]);
  await writeFile(join(folder, 'memory_a.json'), '[');
  const found = await source.snapshots(['a', 'b'], signal);
  expect(found.get('a')).toMatchObject({ code: 'source_unreadable' });
  expect([...found]).toEqual([
    ['a', expect.any(BanyanError)],
    ['b', undefined],
  ]);
}, 30_000);
