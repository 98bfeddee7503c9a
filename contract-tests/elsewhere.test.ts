/** `npm run contract` and `npm run fuzz` on backends that they did not start, whose model calls pass a relay of theirs. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '@banyan/suite/result.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { ended } from '@banyan/suite/testing/ended.ts';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { chatbotTable } from '../services/chatbot-table.ts';
import { type Copy, type Forks, startForks } from './fresh/forks.ts';
import { startFreshNew } from './fresh/new-backend.ts';
import { setUp } from './setup.ts';

const root = join(import.meta.dirname, '..');
const key = 'a-relay-key-of-this-test';

let folder: string;
let forks: Forks | undefined;
let relay: string;
let legacy: Copy | undefined;
let ours: RunningBackend | undefined;

async function stop(): Promise<void> {
  await Promise.all([legacy?.stop(), ours?.close()]);
  if (folder) await rm(folder, { recursive: true, force: true });
}

/** A free one, below those that the system gives out by itself. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** As somebody else would start them: with an address and a key for the model. */
beforeEach(async () => {
  await stop();
  folder = await mkdtemp(join(tmpdir(), 'banyan-elsewhere-'));
  const setup = await setUp();
  // Whoever is started is told of it before the relay listens there.
  relay = `http://127.0.0.1:${await freePort()}`;
  forks ??= startForks(setup.python, join(root, 'legacy/app.py'));
  const { PATH = '', HOME = '' } = process.env;
  const { embeddingModel } = setup;
  const model = { GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: relay };
  const env = { PATH, HOME, LANG: 'C.UTF-8', LEGACY_PORT: '0', MINILM_DIR: embeddingModel, ...model };
  [legacy, ours] = await Promise.all([
    forks.start({ folder, env }),
    startFreshNew({ table: chatbotTable, embeddingModel, retired: [], model: { baseUrl: relay, key } }),
  ]);
}, 60_000);
afterAll(async () => {
  await stop();
  await forks?.close();
});

async function run(script: string, ...args: string[]) {
  const both = ['--legacy', legacy?.url ?? '', '--new', ours?.url ?? ''];
  const child = spawn(process.execPath, [join(root, 'contract-tests', script), ...both, ...args], {
    cwd: folder,
    env: { ...process.env, RELAY_KEY: key },
  });
  return ended(child);
}

it('replays a recording against them and compares what they sent to the model', async () => {
  const { code, out, err } = await run('run.ts', '--recording', 'long-chat', '--relay', relay);
  expect([code, err]).toEqual([0, 'Replaying long-chat …\n']);
  expect(out).toContain('Prompts compared: those of 7 exchanges.');
  const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')) as Result;
  expect(result).toMatchObject({ divergent: 0, untested: 0, prompts: 7 });
}, 60_000);

it('says that prompts were not compared where it is told of no relay', async () => {
  const { code, out } = await run('run.ts', '--recording', 'odd-bodies', '--only', '1');
  expect(code).toBe(0);
  expect(out).toContain(
    'Prompts were not compared: no relay showed what the backends sent to the model (--relay).',
  );
}, 60_000);

it('plays generated sequences on them, and leaves the evidence alone', async () => {
  const evidence = await readFile(join(root, 'contract-tests/evidence.json'), 'utf8');
  const { code, out } = await run(
    'fuzz/run.ts',
    '--relay',
    relay,
    '--runs',
    '1',
    '--seed',
    '8',
    '--out',
    folder,
  );
  expect(out).toMatch(/\n1 sequences, \d+ exchanges compared/);
  expect([code, out.includes('No divergence.')]).toEqual([0, true]);
  expect(await readFile(join(root, 'contract-tests/evidence.json'), 'utf8')).toBe(evidence);
}, 90_000);
