/** What serves the routes: the new backend, and the legacy app under two servers, each with everything on one core. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startLegacy } from '../../launch/legacy.ts';
import { pinned } from '../system/cores.ts';
import { freePort, type Running, startNode } from '../system/processes.ts';

export interface RoutePeerOptions {
  root: string;
  python: string;
  embeddingModel: string;
  /** Where gunicorn is installed. */
  gunicorn: string;
  model: { baseUrl: string; key: string };
  /** Of the peer's own. */
  folder: string;
  core: number | undefined;
}

export interface RoutePeer {
  name: string;
  start(options: RoutePeerOptions): Promise<Running>;
}

/** Threads of gunicorn: as many as there are connections. Several processes would each have a state of their own. */
export const connections = 16;

export const routePeers: RoutePeer[] = [
  { name: 'new', start: startNew },
  { name: "Flask's own server", start: startFlask },
  { name: 'gunicorn', start: startGunicorn },
];

function startNew({ folder, core, model, embeddingModel }: RoutePeerOptions): Promise<Running> {
  return startNode({
    name: 'new',
    core,
    folder,
    program: join(import.meta.dirname, 'programs/new.ts'),
    env: {
      BANYAN_DATA: join(folder, 'data'),
      BENCH_MODEL_URL: model.baseUrl,
      BENCH_MODEL_KEY: model.key,
      BENCH_EMBEDDING_MODEL: embeddingModel,
    },
  });
}

async function startFlask(options: RoutePeerOptions): Promise<Running> {
  const { root, python, embeddingModel, model, folder, core } = options;
  const legacy = await startLegacy({ root, python, embeddingModel, folder, model, port: 0 });
  if (core !== undefined)
    execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(core), String(legacy.pid)], {
      stdio: 'ignore',
    });
  return legacy;
}

async function startGunicorn(options: RoutePeerOptions): Promise<Running> {
  const { root, python, embeddingModel, gunicorn, model, folder, core } = options;
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const args = ['-m', 'gunicorn', '-w', '1', '--threads', String(connections), '-b', `127.0.0.1:${port}`];
  const child = spawn(
    ...pinned(core, python, [...args, '--keep-alive', '75', '--log-level', 'error', 'app:app']),
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LANG: 'C.UTF-8',
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: `${join(root, 'legacy')}:${gunicorn}`,
        MINILM_DIR: embeddingModel,
        GEMINI_API_KEY: model.key,
        GOOGLE_GEMINI_BASE_URL: model.baseUrl,
      },
      stdio: 'ignore',
    },
  );
  const url = `http://127.0.0.1:${port}`;
  await answering(child, url);
  return {
    url,
    pid: child.pid as number,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await delay(100)) {
    if (child.exitCode !== null) throw new Error(`gunicorn ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/api/health`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error('gunicorn does not answer after 60 s');
  }
}
