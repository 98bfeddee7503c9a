/** Starts what is compared: legacy and the new backend, each with nothing in it, and the model that both ask. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteTable } from '../contract/route-table.ts';
import { readTarget } from '../gateway/edge/target.ts';
import { startRelay } from '../gateway/relay/relay.ts';
import { startLegacy } from '../launch/legacy.ts';
import { startNewBackend } from '../services/server.ts';
import { localTime } from './clock.ts';
import type { RunningBackend } from './suite.ts';

export interface Ground {
  /** The repository's root. */
  root: string;
  /** Interpreter and embedding model of the legacy app. */
  python: string;
  embeddingModel: string;
  table: RouteTable;
}

export interface FreshBackends {
  startLegacy(): Promise<RunningBackend>;
  startNew(): Promise<RunningBackend>;
  /** Stops the model, and every backend that still runs. */
  close(): Promise<void>;
}

/**
 * Both ask one model, the relay's stand-in: it says the same to the same prompt, and costs nothing.
 */
export async function freshBackends(ground: Ground): Promise<FreshBackends> {
  const log = { info() {}, warn() {} };
  const relay = await startRelay({ host: '127.0.0.1', port: 0, model: { kind: 'stand-in' }, log });
  const running = new Set<RunningBackend>();
  const starting = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const kept = (backend: RunningBackend): RunningBackend => {
    const tracked = {
      ...backend,
      async close() {
        running.delete(tracked);
        await backend.close();
      },
    };
    running.add(tracked);
    return tracked;
  };
  return {
    async startLegacy() {
      const model = { baseUrl: relay.url, key: relay.key };
      const start = freshLegacy(ground, model, closing.signal).then(kept);
      starting.add(start);
      return start.finally(() => starting.delete(start));
    },
    async startNew() {
      const backend = await startNewBackend({ port: 0, table: ground.table, llamaParse: false });
      return kept({ ...backend, mayServe: isCanonical, clock: localTime });
    },
    async close() {
      closing.abort();
      await Promise.allSettled(starting);
      await Promise.all([...running].map((backend) => backend.close()));
      await relay.close();
    },
  };
}

/** The gateway leaves what can be read in two ways to legacy. */
function isCanonical(target: string): boolean {
  const read = readTarget(target, undefined);
  return 'target' in read && read.target.canonical;
}

async function freshLegacy(
  { root, python, embeddingModel }: Ground,
  model: { baseUrl: string; key: string },
  signal: AbortSignal,
): Promise<RunningBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-contract-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const legacy = await startLegacy({ root, python, embeddingModel, folder, port: 0, model, signal });
    return {
      url: legacy.url,
      clock: localTime,
      async close() {
        await legacy.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** One that somebody else runs: taken as it is, nothing in it is reset, its clock's zone is not known. */
export function runningElsewhere(url: string): () => Promise<RunningBackend> {
  return async () => ({ url, close: async () => {} });
}
