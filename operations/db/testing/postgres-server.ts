/** A real PostgreSQL server for tests: data of its own in a temp folder, a free port, gone when the tests are. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, cp, link, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { ensurePostgres } from '../../../tools/setup/postgres.ts';
import { ensurePython } from '../../../tools/setup/python.ts';
import { setupContext } from '../../../tools/setup/testing/context.ts';

export interface PostgresServer {
  pid: number;
  /** Without a database's name. */
  url: string;
  /** Makes an empty database, or a copy of `template`, and resolves with its URL. */
  createDatabase(name: string, template?: string): Promise<string>;
  /** As a loss of power would, but for what the system's own cache keeps. */
  kill(): Promise<void>;
  /** Starts again on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** @param settings of its own, e.g. `fsync=off` */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  if (nobody.uid !== undefined) await chown(folder, nobody.uid, nobody.gid);
  const bin = join(await runnable(await installed(), folder), 'bin');
  const data = join(folder, 'data');
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...nobody, env, cwd: folder },
  );
  const { port, ...first } = await onFreePort((port) => start(bin, data, port, folder, settings));
  let running = first;
  const admin = `postgres://postgres@127.0.0.1:${port}`;
  return {
    get pid() {
      return running.child.pid ?? 0;
    },
    url: admin,
    async createDatabase(name, template = 'template0') {
      await query(`${admin}/postgres`, `create database "${name}" template "${template}"`);
      return `${admin}/${name}`;
    },
    async kill() {
      running.child.kill('SIGKILL');
      await running.ended;
    },
    async restart() {
      running = await start(bin, data, port, folder, settings);
    },
    async stop() {
      // SIGINT is PostgreSQL's fast shutdown: connections that are still open are ended.
      running.child.kill('SIGINT');
      const kill = setTimeout(() => running.child.kill('SIGKILL'), 10_000);
      await running.ended;
      clearTimeout(kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function installed(): Promise<string> {
  const context = setupContext();
  return ensurePostgres(context, await ensurePython(context));
}

/** Below `/root` or a private data folder another user cannot run it: links to its files elsewhere can be, or a copy. */
async function runnable(install: string, folder: string): Promise<string> {
  if (nobody.uid === undefined) return install;
  for (let above = install; above !== dirname(above); above = dirname(above)) {
    if ((await stat(above)).mode & 0o001) continue;
    const copy = join(folder, 'postgres');
    const wheel = join(install, '../..');
    await linked(wheel, copy).catch(() => cp(wheel, copy, { recursive: true, force: true }));
    return join(copy, relative(wheel, install));
  }
  return install;
}

/** A folder of the same files under other names, which costs no space. @throws where they are on another disk */
async function linked(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linked(source, target);
    else await link(source, target);
  }
}

interface Running {
  child: ChildProcess;
  ended: Promise<void>;
}

async function onFreePort(attempt: (port: number) => Promise<Running>): Promise<Running & { port: number }> {
  for (let attempts = 1; ; attempts++) {
    // Below the range that the system gives out by itself.
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      return { ...(await attempt(port)), port };
    } catch (error) {
      if (attempts === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function start(
  bin: string,
  data: string,
  port: number,
  cwd: string,
  settings: readonly string[],
): Promise<Running> {
  const options = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'shared_buffers=32MB',
    ...settings,
  ];
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...options.flatMap((option) => ['-c', option])], {
    ...nobody,
    cwd,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const kill = () => child.kill('SIGQUIT');
  process.once('exit', kill);
  let over = false;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said += error.message;
    });
    child.once('close', () => {
      over = true;
      process.off('exit', kill);
      resolve();
    });
  });
  for (const end = Date.now() + 60_000; ; await delay(20)) {
    if (over) throw new Error(`PostgreSQL ended:\n${said}`);
    if (await accepts(port)) return { child, ended };
    if (Date.now() > end) throw new Error(`PostgreSQL did not accept connections:\n${said}`);
  }
}

const accepts = (port: number) =>
  query(`postgres://postgres@127.0.0.1:${port}/postgres`, 'select 1').then(
    () => true,
    () => false,
  );

async function query(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
