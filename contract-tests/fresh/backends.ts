/** Starts the backends that the suite compares. Each is empty, or has a saved state of legacy's files, and has a model relay of its own. */
import { join } from 'node:path';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { type FreshBackends, Started } from '@banyan/suite/fresh/backends.ts';
import { type FreshGateway, startFreshGateway } from '@banyan/suite/fresh/gateway.ts';
import { startSeenRelay } from '@banyan/suite/fresh/seen-relay.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { chatbotVoice } from '../../contract/stand-in.ts';
import { type Forks, startForks } from './forks.ts';
import { applicationInGateway } from './in-gateway.ts';
import { type FreshLegacyOptions, type LegacyOptions, startFreshLegacy } from './legacy.ts';
import { startFreshNew } from './new-backend.ts';

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

export interface ChatbotBackends extends FreshBackends {
  startLegacy(state?: string, options?: LegacyOptions): Promise<RunningBackend>;
  startGateway(): Promise<FreshGateway>;
}

export async function freshBackends(ground: Ground): Promise<ChatbotBackends> {
  const { table, embeddingModel } = ground;
  const started = new Started();
  // Not every run needs one: it takes Python two seconds of work.
  let forks: Forks | undefined;
  const legacyWith = (options: FreshLegacyOptions) => {
    forks ??= startForks(ground.python, join(ground.root, 'legacy/app.py'));
    return startFreshLegacy(embeddingModel, forks, options);
  };
  return {
    startLegacy: (state, options) => started.begin(() => legacyWith({ state, ...options })),
    startNew: (state) => started.begin(() => freshNew(ground, state)),
    startGateway: () =>
      started.begin(() =>
        startFreshGateway({
          standIn: chatbotVoice,
          startLegacy: (relay) => legacyWith({ relay }),
          openNew: (model) => applicationInGateway({ table, embeddingModel, retired: [], model }),
        }),
      ),
    async close() {
      await started.close();
      await forks?.close();
    },
  };
}

async function freshNew(
  { table, embeddingModel, python, retired = [] }: Ground,
  folder: string | undefined,
): Promise<RunningBackend> {
  const relay = await startSeenRelay({ standIn: chatbotVoice });
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
