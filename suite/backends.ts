/** Starts what is compared: legacy and the new backend, each with nothing in it (or a saved state of legacy's files) and a model's relay of its own. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { type Forks, startForks } from '../contract-tests/fresh/forks.ts';
import { startFreshNew } from '../contract-tests/fresh/new-backend.ts';
import { localTime } from './clock.ts';
import { type FreshGateway, startFreshGateway } from './fresh/gateway.ts';
import { type SeenRelay, startSeenRelay } from './fresh/seen-relay.ts';
import type { RunningBackend } from './running-backend.ts';

export interface Ground {
  /** The repository's root. */
  root: string;
  /** Interpreter and embedding model of the legacy app. */
  python: string;
  embeddingModel: string;
  table: RouteTable;
  /** Quirks that the new backend does not have; none unless told. */
  retired?: readonly string[];
}

export interface LegacyOptions {
  /** Its threads change in moments that are rarely unlucky otherwise. */
  isRestless?: boolean;
}

export interface FreshBackends {
  startLegacy(state?: string, options?: LegacyOptions): Promise<RunningBackend>;
  startNew(state?: string): Promise<RunningBackend>;
  /** A gateway that keeps state continuity between a legacy and a new backend of its own. */
  startGateway(): Promise<FreshGateway>;
  /** Stops every backend that still runs. */
  close(): Promise<void>;
}

export async function freshBackends(ground: Ground): Promise<FreshBackends> {
  const running = new Set<RunningBackend>();
  const starting = new Set<Promise<unknown>>();
  // Not every run needs one: it takes Python two seconds of work.
  let forks: Forks | undefined;
  let closed = false;
  const kept = <Backend extends RunningBackend>(backend: Backend): Backend => {
    let closing: Promise<void> | undefined;
    const tracked = {
      ...backend,
      // Once, and whoever asks waits for its end: what is interrupted is closed from two sides.
      close() {
        closing ??= backend.close().finally(() => running.delete(tracked));
        return closing;
      },
    };
    running.add(tracked);
    return tracked;
  };
  const begin = async <Backend extends RunningBackend>(start: () => Promise<Backend>): Promise<Backend> => {
    if (closed) throw new Error('The backends are being stopped.');
    const begun = start().then(kept);
    starting.add(begun);
    return begun.finally(() => starting.delete(begun));
  };
  const legacyWith = (given: LegacyGiven) => {
    forks ??= startForks(ground.python, join(ground.root, 'legacy/app.py'));
    return freshLegacy(ground, forks, given);
  };
  return {
    startLegacy: (state, options) => begin(() => legacyWith({ state, ...options })),
    startNew: (state) => begin(() => freshNew(ground, state)),
    startGateway: () =>
      begin(() =>
        startFreshGateway({
          table: ground.table,
          embeddingModel: ground.embeddingModel,
          startLegacy: (relay) => legacyWith({ relay }),
        }),
      ),
    async close() {
      closed = true;
      await Promise.allSettled(starting);
      await Promise.all([...running].map((backend) => backend.close()));
      await forks?.close();
    },
  };
}

interface LegacyGiven extends LegacyOptions {
  state?: string | undefined;
  relay?: SeenRelay;
}

async function freshNew(
  { table, embeddingModel, python, retired = [] }: Ground,
  folder: string | undefined,
): Promise<RunningBackend> {
  const relay = await startSeenRelay();
  const model = { baseUrl: relay.url, key: relay.key };
  const state = folder === undefined ? undefined : { folder, python };
  const backend = await startFreshNew({ table, embeddingModel, retired, model, state });
  return {
    ...backend,
    modelCalls: relay,
    async close() {
      await backend.close();
      await relay.close();
    },
  };
}

async function freshLegacy(
  { embeddingModel }: Ground,
  forks: Forks,
  { state, relay: given, isRestless }: LegacyGiven,
): Promise<RunningBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-contract-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  let relay = given;
  try {
    if (state !== undefined) await cp(state, folder, { recursive: true });
    relay ??= await startSeenRelay();
    const env = legacyEnvironment(embeddingModel, relay);
    const legacy = await forks.start({ folder, env, ...(isRestless && { switchInterval: 1e-6 }) });
    const { url } = legacy;
    const model = relay;
    return {
      url,
      clock: localTime,
      modelCalls: model,
      async close() {
        await legacy.stop();
        await Promise.all([model.close(), remove()]);
      },
    };
  } catch (error) {
    await Promise.all([relay?.close(), remove()]);
    throw error;
  }
}

function legacyEnvironment(embeddingModel: string, { url, key }: SeenRelay): Record<string, string> {
  const { PATH = '', HOME = '', TZ } = process.env;
  return {
    PATH,
    HOME,
    LANG: 'C.UTF-8',
    LEGACY_PORT: '0',
    MINILM_DIR: embeddingModel,
    GEMINI_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: url,
    ...(TZ === undefined ? {} : { TZ }),
  };
}

/** One that somebody else runs: taken as it is, nothing in it is reset, its clock's zone is not known. */
export function runningElsewhere(url: string, modelCalls?: SeenRelay): () => Promise<RunningBackend> {
  return async () => ({ url, modelCalls, close: async () => {} });
}
