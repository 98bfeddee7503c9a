/** `npm run contract` as a process, against backends that it did not start. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '@banyan/suite/result.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { startAlteringProxy, withBody } from '@banyan/suite/testing/altering-proxy.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { chatbotTable } from '../services/chatbot-table.ts';
import { type ChatbotBackends, freshBackends } from './fresh/backends.ts';
import { setUp } from './setup.ts';

const root = join(import.meta.dirname, '..');
let folder: string;
let backends: ChatbotBackends;
const running: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'contract-run-'));
  const setup = await setUp();
  backends = await freshBackends({ root, table: chatbotTable, ...setup });
});
afterAll(async () => {
  for (const each of running.reverse()) await each.close();
  await backends.close();
  rmSync(folder, { recursive: true, force: true });
});

async function legacy(): Promise<RunningBackend> {
  const backend = await backends.startLegacy();
  running.push(backend);
  return backend;
}

function contract(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [join(root, 'contract-tests/run.ts'), ...args], { cwd: folder });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, out, err })));
}

it('takes any two backends, prints a table by route, writes the result and ends with 0 or 1', async () => {
  const [one, two, three, four] = await Promise.all([legacy(), legacy(), legacy(), legacy()]);
  const args = (left: RunningBackend, right: { url: string }) => [
    '--legacy',
    left.url,
    '--new',
    right.url,
    '--recording',
    'scripted-use',
  ];
  const green = await contract(...args(one, two));
  expect([green.code, green.err]).toEqual([0, 'Replaying scripted-use …\n']);
  expect(green.out).toMatch(/^GET \/api\/chats +11 +11 +0 +0 +0 {2}(?:green|stale) +same$/m);
  expect(green.out).toContain('No divergence.');

  const wrong = await startAlteringProxy(four.url, (answer, { target }) =>
    target === '/api/health' ? withBody(answer, (text) => text.replace('healthy', 'well')) : answer,
  );
  running.push(wrong);
  const file = join(folder, 'other.json');
  const red = await contract(...args(three, wrong), '--result', file);
  expect(red.code).toBe(1);
  expect(red.out).toMatch(
    /✗ scripted-use #1 {2}GET \/api\/health {2}the new backend does not answer as legacy does\n {4}body \$\.status {2}value\n {6}legacy {2}"healthy"\n {6}new {5}"well"/,
  );
  const result = JSON.parse(readFileSync(file, 'utf8')) as Result;
  expect(result.routes['GET /api/health']).toMatchObject({ state: 'divergent' });
  expect(result.exchanges).toBe(result.matched + result.accepted + result.divergent + result.untested);
  expect(result.divergent).toBe(result.divergences.length);
  expect(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))).toMatchObject({
    divergent: 0,
    untested: 0,
  });
}, 120_000);

it('stops what it started when it is interrupted', async () => {
  const child = spawn(process.execPath, [join(root, 'contract-tests/run.ts')], {
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
  });
  const state = () => readdirSync(folder).filter((name) => name.startsWith('banyan-contract-'));
  // Where processes can be looked at, those that work in such a folder.
  const left = () =>
    existsSync('/proc/self') ? readdirSync('/proc').filter((pid) => isIn(pid, folder)) : [];
  await vi.waitFor(() => expect(state()).not.toEqual([]), { timeout: 60_000, interval: 50 });
  const ended = new Promise((resolve) => child.once('close', resolve));
  // As from a terminal, and from npm too.
  child.kill('SIGINT');
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  await vi.waitFor(() => expect([left(), state()]).toEqual([[], []]), { timeout: 10_000 });
}, 90_000);

/** Whether the process works in a folder of ours below `folder`. */
function isIn(pid: string, parent: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(join(parent, 'banyan-contract-'));
  } catch {
    return false;
  }
}

it('ends with 2, and says what is wrong, where it cannot run', async () => {
  const runs = [
    ['--nonsense'],
    ['--legacy', 'nowhere'],
    ['--recording', 'none-of-that-name'],
    ['--legacy', 'http://127.0.0.1:1', '--new', 'http://127.0.0.1:1', '--recording', 'scripted-use'],
  ];
  const results = await Promise.all(runs.map((args) => contract(...args)));
  expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  const says = ["'--nonsense'", 'must be the origin', 'chat-page, chat-page-documents', 'ECONNREFUSED'];
  for (const [i, text] of says.entries()) expect(results[i]?.err).toContain(text);
});
