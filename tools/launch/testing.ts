/** Starts apart from what else runs here: in a fresh clone, on free ports, with a data folder of their own. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BanyanSettings, readSettings, settingNames } from '../../banyan.settings.ts';
import { startProcess, type TestProcess } from '../setup/testing/processes.ts';

const repository = join(import.meta.dirname, '../..');

/** Clones what is committed into a folder of its own. */
export async function freshClone(): Promise<{ root: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'clone-'));
  const root = join(folder, 'banyan');
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', repository, root], { stdio: 'ignore' });
  return { root, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Ports {
  PORT: string;
  CONSOLE_PORT: string;
  LEGACY_PORT: string;
  RELAY_PORT: string;
}

/** Free ones, below those that the system gives out by itself. */
export async function freePorts(): Promise<Ports> {
  const found = new Set<number>();
  while (found.size < 4) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) found.add(port);
  }
  const [PORT = '', CONSOLE_PORT = '', LEGACY_PORT = '', RELAY_PORT = ''] = [...found].map(String);
  return { PORT, CONSOLE_PORT, LEGACY_PORT, RELAY_PORT };
}

/**
 * All of Banyan with state continuity, on any free ports, with a data folder of its own in `folder`; only what is set up once
 * is shared. @returns for `run`
 */
export function settingsApart(
  root: string,
  folder: string,
  flagFile: string,
): { settings: BanyanSettings; env: Record<string, string | undefined> } {
  const ports = ['PORT', 'CONSOLE_PORT', 'RELAY_PORT', 'LEGACY_PORT'].map((name) => [name, '0']);
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    CONTINUITY: 'on',
    LOG_LEVEL: 'warn',
    BANYAN_DATA: join(folder, 'data'),
    BANYAN_FLAGS: flagFile,
    BANYAN_SETUP: readSettings(process.env, root).setupFolder,
    ...Object.fromEntries(ports),
  };
  return { settings: readSettings(env, root), env };
}

export function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}

/** `npm start` as a person runs it: in a terminal's process group, with nothing of this test run in its environment. */
export function npmStart(root: string, env: Record<string, string | undefined>): TestProcess {
  const theirs = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name) && !settingNames.includes(name),
  );
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(repository, 'node_modules')))
    .join(delimiter);
  return startProcess('npm', ['start'], {
    cwd: root,
    env: { ...Object.fromEntries(theirs), PATH: path, ...env },
  });
}

/** A folder for the PATH that has these programs and no others: no Python. */
export async function pathWith(folder: string, programs: string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const program of programs) {
    const place = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    await symlink(place, join(folder, program)).catch(() => {});
  }
  return folder;
}
