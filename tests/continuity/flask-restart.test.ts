/** The gateway between the real Flask app and the real new backend, while the Flask app is started again. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FreshGateway, startFreshGateway } from '@banyan/suite/fresh/gateway.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../banyan.settings.ts';
import { applicationInGateway } from '../../contract-tests/fresh/in-gateway.ts';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { type LegacyProcess, startLegacy } from '../../tools/launch/legacy.ts';
import { freePorts } from '../../tools/launch/testing.ts';
import { ensureSetup } from '../../tools/setup/index.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let legacy: LegacyProcess;
let banyan: FreshGateway;
let startAgain: () => Promise<LegacyProcess>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flask-restart-'));
  const settings = readSettings(process.env, root);
  const { signal } = new AbortController();
  const setup = await ensureSetup({ root, env: process.env, report: () => undefined, signal, ...settings });
  const { embeddingModel } = setup;
  const port = Number((await freePorts()).LEGACY_PORT);
  banyan = await startFreshGateway({
    async startLegacy({ url, key }) {
      const model = { baseUrl: url, key };
      startAgain = () => startLegacy({ root, ...setup, folder: join(folder, 'legacy'), port, model });
      legacy = await startAgain();
      return { url: legacy.url, close: () => legacy.stop() };
    },
    openNew: (model) => applicationInGateway({ table: chatbotTable, embeddingModel, retired: [], model }),
  });
  // Nothing was there before.
  await banyan.continuity.sync.assume('chat');
}, 120_000);
afterAll(async () => {
  await banyan?.close();
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
const journal = () => banyan.continuity.size();
const soon = { timeout: 60_000, interval: 100 };

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
  await banyan.continuity.restarts.look();
  await legacy.stop();
  expect((await fetch(`${banyan.url}/api/chats`)).status).toBe(502);
  legacy = await startAgain();
  expect(await docs(chat)).toEqual(['first.pdf', 'second.pdf']);
  expect(banyan.continuity.incarnations().incarnation).toBe(2);
  await expect
    .poll(() => banyan.continuity.incarnations(), soon)
    .toMatchObject({ isBeingCompared: false, lacking: { count: 0 } });
  expect((await journal()).pinned).toEqual([]);
  expect(await docs(chat, legacy.url)).toEqual(['first.pdf', 'second.pdf']);
  expect((await ask('/api/chats')).json).toEqual(chats);
  expect((await ask('/api/pdfs')).json).toEqual(pdfs);
}, 180_000);
