/** The two forms of a backend, each with everything in it that can be killed. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { startRedis } from '../../queue/testing/redis-server.ts';
import { killChildren } from '../testing/children.ts';
import { BackendProcess } from './backend-process.ts';

/** Seconds instead of minutes; a minute of the real ones is a few seconds here. */
const quick = {
  patience: { dispatched: 0.5, silent: 3 },
  heartbeatEvery: 500,
  reconcileEvery: 200,
};

export interface CrashForm {
  name: 'embedded' | 'scaled out';
  /** Takes uploads and is asked afterwards. */
  api: BackendProcess;
  processes: BackendProcess[];
  /** What can happen, by name. Each resolves when it has, and what was killed is starting again. */
  blows: Record<string, () => Promise<void>>;
  close(): Promise<void>;
}

export async function embeddedForm(): Promise<CrashForm> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'crash-'));
  const api = new BackendProcess({
    ...quick,
    dataFolder,
    work: true,
    place: { folder: join(dataFolder, 'database') },
  });
  await api.ready();
  return {
    name: 'embedded',
    api,
    processes: [api],
    blows: { backend: () => api.kill(), 'ingestion child': () => killAChild([api]) },
    async close() {
      await api.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

export async function scaledOutForm(): Promise<CrashForm> {
  const [postgres, redis] = [await startPostgres(), await startRedis()];
  const dataFolder = await mkdtemp(join(tmpdir(), 'crash-'));
  const place = { url: await postgres.createDatabase('crash') };
  const config = { ...quick, place, redisUrl: redis.url, dataFolder };
  const api = new BackendProcess({ ...config, work: false });
  await api.ready();
  const workers = [1, 2].map(() => new BackendProcess({ ...config, work: true }));
  await Promise.all(workers.map((worker) => worker.ready()));
  const [first, second] = workers as [BackendProcess, BackendProcess];
  return {
    name: 'scaled out',
    api,
    processes: [api, ...workers],
    blows: {
      api: () => api.kill(),
      'first worker': () => first.kill(),
      'second worker': () => second.kill(),
      'ingestion child': () => killAChild(workers),
      async PostgreSQL() {
        await postgres.kill();
        // Its own children may hold on to the memory for a moment.
        await again(() => postgres.restart());
        for (const process of [api, ...workers]) void process.ready();
      },
      async Redis() {
        await redis.kill();
        await redis.restart();
      },
      FLUSHALL: async () => void (await redis.client.flushall()),
    },
    async close() {
      await Promise.all([api, ...workers].map((process) => process.stop()));
      await redis.stop();
      await postgres.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** One that works, or one that comes within a second. */
async function killAChild(workers: BackendProcess[]): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    for (const { pid } of workers) if ((await killChildren(pid)) > 0) return;
    await delay(20);
  }
}

async function again(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return await work();
    } catch (error) {
      if (tries === 20) throw error;
      await delay(250);
    }
}
