/** The two that take PDFs in, each as its users start it, one at a time. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startLegacy } from '../../launch/legacy.ts';

export interface LoopDelay {
  /** Milliseconds. */
  p50: number;
  p99: number;
  max: number;
}

export interface IngestBackend {
  name: 'legacy' | 'new';
  url: string;
  pid: number;
  /** Of the process that answers requests, since it was asked last; undefined for legacy, which has threads. */
  loopDelay(): Promise<LoopDelay | undefined>;
  stop(): Promise<unknown>;
}

export interface Places {
  root: string;
  python: string;
  embeddingModel: string;
  /** For what it writes; a new one for each. */
  folder: string;
}

export async function startLegacyBackend({ folder, ...places }: Places): Promise<IngestBackend> {
  const model = { baseUrl: 'http://127.0.0.1:9', key: 'none' };
  const { url, pid, stop } = await startLegacy({ ...places, folder, port: 0, model });
  return { name: 'legacy', url, pid, stop, loopDelay: async () => undefined };
}

export async function startNew({ folder, embeddingModel }: Places): Promise<IngestBackend> {
  const child = fork(join(import.meta.dirname, 'programs/new.ts'), {
    env: { ...process.env, FOLDER: folder, MODEL_FOLDER: embeddingModel },
  });
  const ended = once(child, 'exit');
  const first = await Promise.race([once(child, 'message'), ended]);
  const { url } = first[0] as { url?: string };
  if (!url) throw new Error(`The new backend ended with ${first[0]}`);
  return {
    name: 'new',
    url,
    pid: child.pid ?? 0,
    async loopDelay() {
      const [delay] = await Promise.all([once(child, 'message'), child.send('delay')]);
      return delay[0] as LoopDelay;
    },
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(force);
    },
  };
}
