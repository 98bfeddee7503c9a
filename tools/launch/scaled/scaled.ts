/**
 * The scaled-out form as processes: gateway with legacy, two workers, real PostgreSQL and Redis. Workers and Redis are restarted
 * while clients make chats and upload; afterwards every upload that was acknowledged must be there, once.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Closers } from '@banyan/operations/closers.ts';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { good } from '../../../services/ingestion/testing/bad-pdfs.ts';
import { startRedis } from '../../../services/queue/testing/redis-server.ts';
import { startProcess, type TestProcess } from '../../setup/testing/processes.ts';
import { freePorts } from '../testing.ts';

export interface ScaledOptions {
  root: string;
  /** Restarts in all: a worker, Redis, the other worker, Redis, … */
  restarts: number;
  clients: number;
  env: Record<string, string | undefined>;
  report(line: string): void;
}

export interface ScaledReport {
  requests: number;
  uploads: number;
  restarts: number;
  /** What must not be; empty, if all is well. */
  faults: string[];
}

/** Seconds in which every upload must have ended after the last restart: a worker's silence, and the work. */
const rest = 300;

export async function runScaled(options: ScaledOptions): Promise<ScaledReport> {
  const { root, restarts, clients, report } = options;
  const data = await mkdtemp(join(tmpdir(), 'scaled-'));
  const closers = new Closers();
  closers.defer(() => rm(data, { recursive: true, force: true }));
  try {
    const postgres = await startPostgres();
    closers.defer(() => postgres.stop());
    const redis = await startRedis(['--maxmemory-policy', 'noeviction']);
    closers.defer(() => redis.stop());
    const flagFile = join(data, 'flags.yaml');
    await writeFile(flagFile, flagsOnNew(root));
    const env = {
      ...options.env,
      ...(await freePorts()),
      LOG_LEVEL: 'warn',
      CONTINUITY: 'off',
      BANYAN_FLAGS: flagFile,
      DATABASE_URL: await postgres.createDatabase('scaled'),
      REDIS_URL: redis.url,
    };
    const start = async (script: string, name: string, up: RegExp): Promise<TestProcess> => {
      const child = startProcess(process.execPath, [join(root, script)], {
        cwd: root,
        env: { ...env, BANYAN_DATA: join(data, name) },
      });
      await child.line(up);
      return child;
    };
    const worker = (n: number) => start('tools/launch/worker.ts', `worker-${n}`, /^The worker is up/);
    const gateway = await start('tools/launch/start.ts', 'gateway', /^Banyan is up/);
    closers.defer(() => end(gateway));
    const workers = [await worker(0), await worker(1)];
    closers.defer(() => Promise.all(workers.map(end)));
    report('Gateway, legacy, two workers, PostgreSQL and Redis are up.');

    const load = new Load(`http://127.0.0.1:${env.PORT}`);
    const running = load.run(clients);
    for (let i = 0; i < restarts; i++) {
      await delay(300);
      if (i % 2 === 1) {
        await redis.kill();
        await delay(200);
        await redis.restart();
      } else {
        const n = (i / 2) % 2;
        const before = workers[n];
        if (before) await end(before);
        workers[n] = await worker(n);
      }
      report(
        `${i + 1} of ${restarts}: ${i % 2 ? 'Redis' : 'a worker'}; ${load.requests} requests, ${load.uploads.length} uploads`,
      );
    }
    load.stop();
    await running;
    await load.settle(rest);
    return { requests: load.requests, uploads: load.uploads.length, restarts, faults: load.faults };
  } finally {
    await closers.close();
  }
}

/** Everything that belongs to chats and their documents on `new`. */
function flagsOnNew(root: string): string {
  const text = readFileSync(join(root, 'flags.yaml'), 'utf8').replace('evidence: enforce', 'evidence: warn');
  const routes = [
    ...[
      'GET /api/chats',
      'POST /api/chats',
      'GET /api/chats/:chat_id/docs',
      'GET /api/chats/:chat_id/pdfs',
      'GET /api/pdfs',
    ],
    ...['POST /api/chats/:chat_id/upload-pdf', 'GET /api/upload-status/:job_id'],
  ];
  return text.replace('routes:\n', `routes:\n${routes.map((route) => `  ${route}: new\n`).join('')}`);
}

async function end(child: TestProcess): Promise<void> {
  try {
    process.kill(child.pid, 'SIGTERM');
  } catch {}
  await child.ended;
}

interface Upload {
  chat: string;
  job: string;
}

class Load {
  requests = 0;
  readonly uploads: Upload[] = [];
  readonly faults: string[] = [];
  readonly #origin: string;
  #isOver = false;

  constructor(origin: string) {
    this.#origin = origin;
  }

  stop(): void {
    this.#isOver = true;
  }

  async run(clients: number): Promise<void> {
    await Promise.all(Array.from({ length: clients }, () => this.#client()));
  }

  /** Waits until every upload has ended, and looks that each is there once. */
  async settle(seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1000;
    for (const { chat, job } of this.uploads) {
      let status = '';
      for (; Date.now() < until; await delay(200)) {
        status = (await this.#ask<{ status: string }>('GET', `/api/upload-status/${job}`))?.status ?? '';
        if (status === 'done' || status === 'error') break;
      }
      if (status !== 'done') this.faults.push(`upload ${job} is ${status || 'unknown'}`);
      const pdfs = await this.#ask<{ pdfs: { chunks: number }[] }>('GET', `/api/chats/${chat}/pdfs`);
      const seen = JSON.stringify(pdfs?.pdfs.map(({ chunks }) => chunks));
      if (seen !== '[1]') this.faults.push(`chat ${chat} has documents of ${seen} chunks, and not one of 1`);
    }
  }

  async #client(): Promise<void> {
    while (!this.#isOver) {
      const chat = (await this.#ask<{ id: string }>('POST', '/api/chats'))?.id;
      if (chat === undefined) continue;
      const form = new FormData();
      form.set('pdf', new File([new Uint8Array(good)], 'a.pdf', { type: 'application/pdf' }));
      const upload = await this.#ask<{ job_id: string }>('POST', `/api/chats/${chat}/upload-pdf`, form);
      if (upload) this.uploads.push({ chat, job: upload.job_id });
      for (let i = 0; i < 8 && !this.#isOver; i++) {
        await this.#ask('GET', '/api/chats');
        if (upload) await this.#ask('GET', `/api/upload-status/${upload.job_id}`);
        await delay(150);
      }
    }
  }

  /** Whatever is not an answer of the application's, or says that it failed, is a fault. */
  async #ask<T>(method: string, path: string, body?: FormData): Promise<T | undefined> {
    this.requests += 1;
    try {
      const answer = await fetch(`${this.#origin}${path}`, { method, ...(body && { body }) });
      if (answer.ok) return (await answer.json()) as T;
      this.faults.push(
        `${method} ${path.replace(/[0-9a-f-]{36}/, 'ID')}: ${answer.status} ${(await answer.text()).slice(0, 100)}`,
      );
    } catch (error) {
      this.faults.push(`${method} ${path}: ${String(error)}`);
    }
    return undefined;
  }
}
