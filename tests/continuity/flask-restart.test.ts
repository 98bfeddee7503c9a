/** The whole of Banyan with the real Flask app, which is started again while clients use it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markKindKnown } from '@banyan/gateway/continuity/journal/known.ts';
import type { LegacyState } from '@banyan/gateway/continuity/journal/legacy-state.ts';
import type { JournalSize } from '@banyan/gateway/continuity/journal/size.ts';
import { openJournal } from '@banyan/gateway/continuity/testing/both.ts';
import { databasePlace } from '@banyan/gateway/database-place.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LegacyProcess, startLegacy } from '../../tools/launch/legacy.ts';
import { type Running, run } from '../../tools/launch/run.ts';
import { freePorts, settingsApart } from '../../tools/launch/testing.ts';
import { ensureSetup } from '../../tools/setup/index.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let legacy: LegacyProcess;
let banyan: Running;
let startAgain: () => Promise<LegacyProcess>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flask-restart-'));
  const flagFile = join(folder, 'flags.yaml');
  // What is proven of the code at hand is not this test's matter.
  await writeFile(flagFile, 'evidence: warn\nroutes: {}\n');
  const { settings, env } = settingsApart(root, folder, flagFile);
  const report = () => undefined;
  const { signal } = new AbortController();
  const setup = await ensureSetup({ root, env, report, signal, ...settings });
  const port = Number((await freePorts()).LEGACY_PORT);
  // No message is sent: the model is never called.
  const model = { baseUrl: 'http://127.0.0.1:9', key: 'none' };
  startAgain = () => startLegacy({ root, ...setup, folder: join(folder, 'legacy'), port, model });
  legacy = await startAgain();
  // There was nothing before, so the first sync need not wait for what may still take effect.
  const db = await openJournal(databasePlace(settings));
  await markKindKnown(db, 'chat');
  await db.destroy();
  const apart = { ...settings, legacy: { ...settings.legacy, url: legacy.url } };
  banyan = await run({ settings: apart, root, env, report, signal });
}, 120_000);
afterAll(async () => {
  await banyan?.close();
  await legacy?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(target: string, method = 'GET', base = banyan.url) {
  const response = await fetch(`${base}${target}`, { method });
  return { status: response.status, json: (await response.json()) as never };
}

async function upload(chat: string, file: string, name: string): Promise<string> {
  const form = new FormData();
  const bytes = await readFile(join(root, 'services/ingestion/corpus/documents', file));
  form.append('pdf', new Blob([bytes], { type: 'application/pdf' }), name);
  const response = await fetch(`${banyan.url}/api/chats/${chat}/upload-pdf`, { method: 'POST', body: form });
  expect(response.status).toBe(202);
  return ((await response.json()) as { job_id: string }).job_id;
}

interface Docs {
  pdfs: { name: string }[];
  total_docs: number;
}
const docs = async (chat: string, base?: string) =>
  ((await ask(`/api/chats/${chat}/docs`, 'GET', base)).json as Docs).pdfs.map(({ name }) => name);
const journal = async (): Promise<JournalSize & { legacy: LegacyState }> => {
  const response = await fetch(`${banyan.consoleUrl}/api/journal`, {
    headers: { authorization: `Bearer ${banyan.newConsoleToken}` },
  });
  return (await response.json()) as never;
};
const soon = { timeout: 100_000, interval: 100 };

it('shows documents without a gap across a restart, and gives them back to legacy', async () => {
  const chat = ((await ask('/api/chats', 'POST')).json as { id: string }).id;
  for (const [file, name] of [
    ['forms.pdf', 'first.pdf'],
    ['ligatures.pdf', 'second.pdf'],
  ] as const) {
    const job = await upload(chat, file, name);
    await expect.poll(() => docs(chat), soon).toContain(name);
    expect((await ask(`/api/upload-status/${job}`)).status).toBe(200);
    await expect.poll(async () => (await journal()).lag, soon).toEqual({ legacy: 0, new: 0 });
  }
  const chats = (await ask('/api/chats')).json;
  const pdfs = (await ask('/api/pdfs')).json;
  // The gateway looks every second.
  await ask('/api/chats');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await legacy.stop();
  expect((await fetch(`${banyan.url}/api/chats`)).status).toBe(502);
  legacy = await startAgain();
  expect(await docs(chat)).toEqual(['first.pdf', 'second.pdf']);
  expect((await journal()).legacy.incarnation).toBe(2);
  await expect
    .poll(async () => (await journal()).legacy, soon)
    .toMatchObject({ isBeingCompared: false, lacking: { count: 0 } });
  expect((await journal()).pinned).toEqual([]);
  expect(await docs(chat, legacy.url)).toEqual(['first.pdf', 'second.pdf']);
  expect((await ask('/api/chats')).json).toEqual(chats);
  expect((await ask('/api/pdfs')).json).toEqual(pdfs);
}, 300_000);
