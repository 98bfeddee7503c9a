/** A fresh legacy app, with a folder and a model's relay of its own. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localTime } from '@banyan/route-table/local-time.ts';
import { type SeenRelay, startSeenRelay } from '@banyan/suite/fresh/seen-relay.ts';
import type { RunningBackend } from '@banyan/suite/running-backend.ts';
import { chatbotVoice } from '../../contract/stand-in.ts';
import type { Forks } from './forks.ts';

export interface LegacyOptions {
  /** Its threads change in moments that are rarely unlucky otherwise. */
  isRestless?: boolean;
}

export interface FreshLegacyOptions extends LegacyOptions {
  /** The folder of files that it starts from; nothing unless told. */
  state?: string | undefined;
  /** One of its own unless told. */
  relay?: SeenRelay;
}

export async function startFreshLegacy(
  embeddingModel: string,
  forks: Forks,
  { state, relay: given, isRestless }: FreshLegacyOptions,
): Promise<RunningBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-contract-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  let relay = given;
  try {
    if (state !== undefined) await cp(state, folder, { recursive: true });
    relay ??= await startSeenRelay({ standIn: chatbotVoice });
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
