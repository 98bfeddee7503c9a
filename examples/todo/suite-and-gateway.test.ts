/**
 * Suite, gateway and comparator on an application of another kind, in another language: a to-do list of Python's standard
 * library, with a route table and a flag file of its own. Nothing of the chatbot is loaded.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { compareAnswers } from '@banyan/compare/compare.ts';
import { Bindings } from '@banyan/compare/volatile/bindings.ts';
import { httpBackend } from '@banyan/gateway/backends/http/http-backend.ts';
import { openFlags } from '@banyan/gateway/flags/live-store.ts';
import type { FlagStore } from '@banyan/gateway/flags/store.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { openPublicOrigin, type PublicOrigin } from '@banyan/gateway/public-origin.ts';
import { readRecording } from '@banyan/gateway/record/read-recording.ts';
import { createRecorder, type Recorder } from '@banyan/gateway/record/recorder.ts';
import { readSettings } from '@banyan/gateway/settings.ts';
import { localTime } from '@banyan/route-table/local-time.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { checkGraph } from '@banyan/suite/graph-check.ts';
import { type Request, send } from '@banyan/suite/replay/send.ts';
import { resultOf } from '@banyan/suite/result.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ensureSetup } from '../../tools/setup/index.ts';
import { type NewTodoOptions, startNewTodo } from './new-backend.ts';
import { type RunningTodo, startTodo } from './start.ts';
import { todoTable } from './table.ts';

const root = join(import.meta.dirname, '../..');
const implemented = new Set(todoTable.routes.map(({ key }) => key));
const flagFile = (lines: string) => `# the to-do list's own\nroutes:\n${lines}`;

let folder: string;
let python: string;
let legacy: RunningTodo;
let ours: RunningTodo;
let flags: FlagStore;
let recorder: Recorder;
let gateway: PublicOrigin;
const open: { close(grace?: number): Promise<unknown> }[] = [];

function kept<Part extends { close(grace?: number): Promise<unknown> }>(part: Part): Part {
  open.push(part);
  return part;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-todo-'));
  const settings = readSettings(process.env, root);
  ({ python } = await ensureSetup({ ...settings, root, env: process.env, report: () => {} }));
  // One list behind both, as after a first step of many migrations: what a flip must not lose is in it.
  const list = join(folder, 'list.json');
  legacy = kept(await startTodo(python, list));
  ours = kept(await startNewTodo(list));
  const file = join(folder, 'flags.yaml');
  await writeFile(file, flagFile('  GET /todos.txt: new\n'));
  const log = silentLog;
  const dataFolder = join(folder, 'data');
  flags = kept(await openFlags({ file, dataFolder, table: todoTable, implemented, log }));
  recorder = kept(createRecorder({ folder, spool: join(folder, 'spool'), clock: Date, log }));
  const forwarders = {
    legacy: kept(httpBackend({ name: 'legacy', url: legacy.url })),
    newBackend: kept(httpBackend({ name: 'new', url: ours.url })),
  };
  gateway = kept(
    await openPublicOrigin({
      host: '127.0.0.1',
      port: 0,
      flags,
      recorder,
      trustedProxies: [],
      log,
      legacy: forwarders.legacy,
      legacyUrl: legacy.url,
      application: {
        name: 'to-do list',
        table: todoTable,
        implemented,
        newBackend: forwarders.newBackend,
        prepare: async () => {},
        withheld: () => undefined,
        errorHeaders: () => [],
      },
    }),
  );
});
afterAll(async () => {
  for (const part of open.reverse()) await part.close(0);
  await rm(folder, { recursive: true, force: true });
});

function asking(origin: string) {
  return (method: string, target: string, value?: unknown) => {
    const body = value === undefined ? undefined : Buffer.from(JSON.stringify(value));
    const type = body ? ['Content-Type', 'application/json'] : [];
    const request: Request = { method, target, rawHeaders: ['Host', 'todo.example', ...type], body };
    return send(origin, request, 5000);
  };
}

const jsonOf = ({ body }: { body: Uint8Array }) => JSON.parse(Buffer.from(body).toString('utf8')) as never;

async function use(origin: string): Promise<void> {
  const ask = asking(origin);
  const ids: string[] = [];
  for (const title of ['water the fig', '  a “quoted” 😀 one  ', 'third']) {
    const { id } = jsonOf(await ask('POST', '/todos', { title })) as { id: string };
    ids.push(id);
  }
  await ask('POST', '/todos', { title: ' ' });
  await ask('GET', '/todos');
  await ask('PATCH', `/todos/${ids[1]}`, { done: true });
  await ask('PATCH', `/todos/${ids[1]}`, { done: 'yes' });
  await ask('GET', '/todos.txt');
  await ask('DELETE', `/todos/${ids[0]}`);
  await ask('DELETE', `/todos/${ids[0]}`);
  await ask('PATCH', '/todos/nobody', { done: true });
  await ask('GET', '/todos');
  await ask('GET', '/nowhere');
}

it('goes through the gateway by its own flag file, and a flip while it is used loses nothing', async () => {
  await recorder.start('first-use');
  await use(gateway.url);
  expect(await recorder.stop()).toMatchObject({ exchanges: 13, leftOut: 0 });

  const ask = asking(gateway.url);
  const { id } = jsonOf(await ask('POST', '/todos', { title: 'made before the flip' })) as { id: string };
  await writeFile(
    join(folder, 'flags.yaml'),
    flagFile([...implemented].map((key) => `  ${key}: new\n`).join('')),
  );
  await vi.waitFor(() => expect(flags.current.routes.get('PATCH /todos/:id')?.mode).toBe('new'));
  // With legacy gone an answer can only be the other's.
  await legacy.close();
  expect(jsonOf(await ask('PATCH', `/todos/${id}`, { done: true }))).toMatchObject({ id, done: true });
  expect((await ask('GET', '/nowhere')).status).toBe(502);
  await writeFile(join(folder, 'flags.yaml'), flagFile('  GET /todos: shadowy\n'));
  await vi.waitFor(() => expect(flags.faults.map(({ line }) => line)).toEqual([3]));
  expect(flags.current.routes.get('PATCH /todos/:id')?.mode).toBe('new');
}, 30_000);

/** Each with a list of its own. */
async function fresh(start: (file: string) => Promise<RunningTodo>): Promise<RunningBackend> {
  const own = await mkdtemp(join(folder, 'own-'));
  return { ...(await start(join(own, 'list.json'))), implements: implemented, clock: localTime };
}

async function suite(options: NewTodoOptions = {}) {
  const recordings = [await readRecording(join(folder, 'first-use.har'))];
  const outcomes = await runSuite({
    table: todoTable,
    recordings,
    rules: [],
    today: '2026-01-31',
    startLegacy: async () => ({ ...(await fresh((file) => startTodo(python, file))), implements: undefined }),
    startNew: () => fresh((file) => startNewTodo(file, options)),
  });
  return resultOf({ table: todoTable, rules: [], today: '2026-01-31', outcomes, implemented });
}

it('is replayed from what the gateway recorded, and the rewrite answers as it does on every route', async () => {
  const result = await suite();
  expect(result.divergences).toEqual([]);
  expect(result).toMatchObject({ exchanges: 13, matched: 12, untested: 1 });
  const states = Object.entries(result.routes).map(([key, { state }]) => [key, state]);
  const expected = routeKeys(todoTable).map((key) => [
    key,
    implemented.has(key) ? 'same' : 'no TypeScript yet',
  ]);
  expect(states).toEqual(expected);
  const recording = await readRecording(join(folder, 'first-use.har'));
  expect(checkGraph(todoTable, [recording])).toEqual({ undeclared: [], unseen: [] });
  expect(new Set(recording.exchanges.map(({ backend }) => backend))).toEqual(new Set(['legacy', 'new']));
}, 30_000);

it('is seen to differ where the rewrite forgets what was done, in the reads that come after', async () => {
  const { divergences } = await suite({ forgetsDone: true });
  const seen = divergences.map(({ request, differences }) => `${request} ${differences[0]?.place}`);
  expect(seen).toEqual(['GET /todos.txt header X-List', 'GET /todos header X-List']);
}, 30_000);

it('is compared by the table alone: an id that is not the one made before is a divergence', async () => {
  const [route] = todoTable.routes;
  const answer = (id: string) => ({
    status: 200,
    reason: 'OK',
    rawHeaders: ['Content-Type', 'application/json'],
    body: Buffer.from(`[{"id": "${id}"}]`),
  });
  const ids = ['1f0c9c5e-3b0a-4b43-9d2b-6a2f4f1f7a01', '2f0c9c5e-3b0a-4b43-9d2b-6a2f4f1f7a02'] as const;
  const bindings = new Bindings();
  const [left, right] = [answer(ids[0]), answer(ids[1])];
  const { differences } = compareAnswers({ method: 'GET', route, left, right, bindings });
  expect(differences.map(({ kind, place }) => `${kind} ${place}`)).toEqual(['binding body $[0].id']);
});

/** Modules of this repository that a file loads, and those load, also later. */
async function loads(file: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(file)) return found;
  found.add(file);
  const source = await readFile(file, 'utf8');
  const named = /(?:^(?:import|export)\s(?!type\b)(?:[^'"]*?from )?|\bimport\()'((?:\.|@banyan\/)[^']+)'/gm;
  for (const [, path = ''] of source.matchAll(named)) await loads(placeOf(path, file), found);
  return found;
}

const placeOf = (path: string, from: string) =>
  path.startsWith('@banyan/') ? join(root, path.slice('@banyan/'.length)) : resolve(dirname(from), path);

const chatbots = /^(?:legacy|services|contract|migrations|web|contract-tests|tools|bin|banyan\.)/;

async function chatbotsIn(entry: string): Promise<string[]> {
  const files = [...(await loads(join(root, entry)))].map((file) => relative(root, file));
  expect(files.length).toBeGreaterThan(2);
  return files.filter((file) => chatbots.test(file));
}

it.each([
  'suite/contract.ts',
  'suite/fuzz/fuzz.ts',
  'compare/compare.ts',
  'gateway/settings.ts',
  'gateway/public-origin.ts',
  'gateway/gateway.ts',
  'gateway/bin/banyan-gateway.ts',
])(
  '%s loads nothing of the chatbot: neither its route table nor its settings nor its backends',
  async (entry) => {
    expect(await chatbotsIn(entry)).toEqual([]);
  },
);

it('a module that loads some of it is seen to, also where it is loaded later', async () => {
  expect(await chatbotsIn('banyan.settings.ts')).toContain('services/quirks.ts');
  expect(await chatbotsIn('bin/banyan.ts')).toContain('contract/routes.ts');
});
