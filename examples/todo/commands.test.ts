/** `npm run fuzz` and `npm run contract` on the to-do list: a route table, an OpenAPI document and a grammar of its own. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { type Alter, startAlteringProxy } from '@banyan/suite/testing/altering-proxy.ts';
import { ended } from '@banyan/suite/testing/ended.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureSetup } from '../../tools/setup/index.ts';
import { startTodo } from './start.ts';

const root = join(import.meta.dirname, '../..');
const application = join(import.meta.dirname, 'application.ts');
const open: { close(): Promise<void> }[] = [];
let folder: string;
let python: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-todo-fuzz-'));
  const settings = readSettings(process.env, root);
  ({ python } = await ensureSetup({ ...settings, root, env: process.env, report: () => {} }));
});
afterAll(async () => {
  for (const each of open.reverse()) await each.close();
  await rm(folder, { recursive: true, force: true });
});

async function todo(): Promise<string> {
  const app = await startTodo(python, join(folder, `${open.length}.json`));
  open.push(app);
  return app.url;
}

function start(command: 'run.ts' | 'fuzz/run.ts', ...args: string[]) {
  const script = createRequire(import.meta.url).resolve(`@banyan/suite/${command}`);
  return spawn(process.execPath, [script, '--application', application, ...args], { cwd: folder });
}

const run = (...args: Parameters<typeof start>) => ended(start(...args));

it('finds nothing between two of them, and asks every route', async () => {
  const both = ['--legacy', await todo(), '--new', await todo()];
  const { code, out, err } = await run('fuzz/run.ts', ...both, '--runs', '8', '--seed', '1', '--out', folder);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/\n8 sequences, \d{3} exchanges compared in /);
  for (const route of [
    'GET /todos',
    'POST /todos',
    'PATCH /todos/:id',
    'DELETE /todos/:id',
    'GET /todos.txt',
  ])
    expect(out).toMatch(new RegExp(`\\d  ${route}$`, 'm'));
}, 60_000);

it('tells what it has found until it is interrupted, also where a terminal and npm both pass a Ctrl-C on', async () => {
  const both = ['--legacy', await todo(), '--new', await todo()];
  const child = start('fuzz/run.ts', ...both, '--runs', '1000000', '--seed', '1', '--out', folder);
  const over = ended(child);
  child.stderr.on('data', (said: Buffer) => {
    if (!said.includes('sequences')) return;
    child.kill('SIGINT');
    child.kill('SIGINT');
  });
  const { code, out, err } = await over;
  expect(code).toBe(130);
  expect(err).toMatch(/^\d+ sequences, \d+ exchanges, \d+ a second\n$/m);
  expect(out).toMatch(/\n\d+ sequences, \d+ exchanges compared in \d+\.\d s, /);
}, 60_000);

it('goes on after requests that legacy gives no answer, which no recording can hold', async () => {
  const legacy = await startAlteringProxy(await todo(), (answer, { target }) => {
    // Ends the connection.
    if (target === '/todos.txt') throw new Error('no answer');
    return answer;
  });
  open.push(legacy);
  const both = ['--legacy', legacy.url, '--new', await todo()];
  const { code, out } = await run('fuzz/run.ts', ...both, '--runs', '3', '--seed', '1', '--out', folder);
  expect(code).toBe(1);
  expect(out).toMatch(
    / {4}npm run fuzz -- --runs 1 --seed \d+ .*\(legacy gives no answer, and so there is no recording\)/,
  );
  expect(out).toContain('\n3 sequences, ');
}, 60_000);

it('finds a write that is lost, shrinks it to what shows it, and the command that it prints shows it again', async () => {
  const [one, other] = [await todo(), await todo()];
  const losesDone: Alter = async (answer, { method, body }, forward) => {
    if (method === 'PATCH' && answer.status === 200 && body.includes('true')) await forward(undone);
    return answer;
  };
  const proxy = await startAlteringProxy(other, losesDone);
  open.push(proxy);
  const both = ['--legacy', one, '--new', proxy.url];
  const { code, out } = await run('fuzz/run.ts', ...both, '--runs', '30', '--seed', '1', '--out', folder);
  expect(code).toBe(1);
  expect(out).toMatch(/\n {4}2 requests, the shortest of \d+ sequences tried\n/);
  expect(out).toMatch(
    /✗ seed \d+ #2 {2}GET \/todos(?:\.txt)? {2}the new backend does not answer as legacy does\n/,
  );
  const [, options = ''] = /npm run contract -- (--recording fuzz-\d+ .*)\n/.exec(out) ?? [];
  const again = await run('run.ts', ...options.split(' '));
  expect([again.code, again.out]).toEqual([1, expect.stringContaining('✗ fuzz-')]);
  expect(again.out).toContain('the new backend does not answer as legacy does');
}, 60_000);

const undone = Buffer.from('{"done": false}');

it('replays its recordings to both backends, which it starts as the application says', async () => {
  const { code, out } = await run('run.ts');
  expect(out).toContain('No divergence.');
  expect(code).toBe(0);
}, 60_000);

it('says what is missing where the application starts nothing for a command', async () => {
  const { code, err } = await run('fuzz/run.ts', '--flips', '--runs', '1', '--out', folder);
  expect([code, err]).toEqual([2, expect.stringContaining('does not say how its gateway is started')]);
}, 60_000);
