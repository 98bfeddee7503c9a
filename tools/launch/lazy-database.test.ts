/**
 * Nothing of the new backend is opened before a flag needs it, and no flag that needs it takes force before it is open. A
 * database that goes away afterwards is the backend's fault, and no defect of the gateway's.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@banyan/gateway/backends/backend.ts';
import { openFlags } from '@banyan/gateway/flags/live-store.ts';
import type { FlagStore } from '@banyan/gateway/flags/store.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';
import { noLog } from '../../services/queue/log.ts';
import { postgresUnavailable } from '../setup/postgres.ts';

let folder: string;
let store: FlagStore | undefined;
let backend: Backend;
let close: (() => Promise<void>) | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lazy-database-'));
});
afterEach(async () => {
  await store?.close();
  await close?.();
  await rm(folder, { recursive: true, force: true });
});

async function open(flags: string, env: Record<string, string> = {}): Promise<FlagStore> {
  const settings = readSettings({ BANYAN_DATA: folder, ...env }, folder);
  const application = createApplication(settings, {
    model: { baseUrl: 'http://127.0.0.1:9', key: 'none' },
    embeddingModel: async () => join(folder, 'no-model'),
    env: {},
    log: noLog,
  });
  backend = application.newBackend;
  close = () => backend.close();
  await writeFile(settings.flagFile, flags);
  const { table, implemented, prepare } = application;
  store = await openFlags({
    file: settings.flagFile,
    dataFolder: folder,
    table,
    implemented,
    prepare,
    log: silentLog,
  });
  return store;
}

const isOpen = () => existsSync(join(folder, 'new/database'));
const flip = (target: string) => store?.change({ target, mode: 'new', who: 'test', why: 'test' });
const modeOf = (route: string) => store?.current.routes.get(route)?.mode;

it('no database is opened while everything is legacy, nor for what needs none', async () => {
  await open('routes: {}\n');
  await flip('GET /api/health');
  expect(modeOf('GET /api/health')).toBe('new');
  expect(isOpen()).toBe(false);
});

it('the database is open before a flip takes force', async () => {
  await open('routes: {}\n');
  const flipped = flip('GET /api/chats');
  const seen: boolean[] = [];
  store?.onChange(() => seen.push(isOpen()));
  await flipped;
  expect(modeOf('GET /api/chats')).toBe('new');
  expect(seen).toEqual([true]);
}, 120_000);

it('the database is open before the start is over, where the flags need it', async () => {
  await open('routes:\n  GET /api/chats: new\n');
  expect(isOpen()).toBe(true);
}, 120_000);

it('a flip to a database that cannot be opened is refused, and what was in force stays', async () => {
  await open('routes: {}\n', { DATABASE_URL: 'postgres://127.0.0.1:9/nothing' });
  await expect(flip('GET /api/chats')).rejects.toMatchObject({ code: 'new_backend_unready' });
  expect(modeOf('GET /api/chats')).toBe('legacy');
  expect(store?.faults).toEqual([]);
});

it('an edit that needs a database that cannot be opened is a fault of the file, until the cause is gone', async () => {
  const file = join(folder, 'flags.yaml');
  await open('routes: {}\n');
  // A file where the folder of the new backend belongs.
  await writeFile(join(folder, 'new'), '');
  const changed = () => new Promise<void>((resolve) => store?.onChange(resolve));
  const faulty = changed();
  await writeFile(file, 'routes:\n  GET /api/chats: new\n  GET /api/health: new\n');
  await faulty;
  expect(store?.faults.map(({ message }) => message)).toEqual([
    expect.stringContaining('The new backend cannot be opened'),
  ]);
  expect(modeOf('GET /api/health')).toBe('legacy');
  await rm(join(folder, 'new'));
  await mkdir(join(folder, 'new'));
  const right = changed();
  await writeFile(file, 'routes:\n  GET /api/chats: new\n');
  await right;
  expect(store?.faults).toEqual([]);
  expect(modeOf('GET /api/chats')).toBe('new');
}, 120_000);

it.skipIf(postgresUnavailable())(
  'a database that goes away is a 502 of the new backend',
  async () => {
    const server = await startPostgres();
    try {
      await open('routes:\n  GET /api/chats: new\n', { DATABASE_URL: await server.createDatabase('away') });
      const ask = () =>
        backend.send(
          { method: 'GET', target: '/api/chats', rawHeaders: ['Host', 'test'], deadline: 5000 },
          new AbortController().signal,
        );
      expect((await ask()).status).toBe(200);
      await server.kill();
      await expect(ask()).rejects.toMatchObject({ code: 'backend_failed', details: { backend: 'new' } });
      await server.restart();
      expect((await ask()).status).toBe(200);
    } finally {
      await close?.();
      await server.stop();
    }
  },
  60_000,
);
