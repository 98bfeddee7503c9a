/** The settings: the tool's, and those of the application that it moves. */
import { dirname, resolve } from 'node:path';
import type { OwnSettings } from '@banyan/gateway/own-settings.ts';
import { givenPort, key, onOff, port, serverUrl } from '@banyan/gateway/setting-kinds.ts';
import { readSettingsWith, type Settings, settingNamesWith } from '@banyan/gateway/settings.ts';
import { z } from 'zod';
import { retiredQuirksFault } from './services/quirks.ts';

export interface ChatbotSettings {
  /** The new backend where it runs by itself; `key`: what the internal headers come with. */
  newBackend: { port: number; key: string | undefined };
  /** The working directory of a legacy app that runs elsewhere, where this process reaches it. */
  legacyData: string | undefined;
  /** Names with commas between them, as they were given. */
  quirksRetired: string | undefined;
  /** How the new backend lays JSON out. */
  jsonStyle: 'pretty' | 'compact';
  /** What `GET /api/health` says of LlamaParse. */
  llamaParse: boolean;
  /** The queue of workers that run elsewhere; only with a `databaseUrl`. Holds a password. */
  redisUrl: string | undefined;
  pdfEngine: 'mupdf' | 'pdf-parse';
  /** Fresh uploads that a worker takes in at once; undefined: as many as there are cores, two at least. */
  workerConcurrency: number | undefined;
  /** Where a worker's probes and metrics are; undefined: nowhere. */
  workerPort: number | undefined;
  /** Whether the public origin shows the chat page. */
  chatPage: boolean;
}

export type BanyanSettings = Settings & ChatbotSettings;

const layout = (fallback: 'pretty' | 'compact') =>
  z
    .enum(['pretty', 'compact'], {
      error: (issue) => `must be "pretty" or "compact", not "${String(issue.input)}"`,
    })
    .default(fallback);

const quirkNames = z.string().superRefine((text, context) => {
  const fault = retiredQuirksFault(text);
  if (fault !== undefined) context.addIssue(fault);
});

const shape = {
  LEGACY_DATA: z.string().optional(),
  NEW_PORT: port(8082),
  NEW_KEY: key.optional(),
  QUIRKS_RETIRED: quirkNames.optional(),
  JSON_STYLE: layout('pretty'),
  LLAMA_CLOUD_API_KEY: z.string().optional(),
  REDIS_URL: serverUrl('redis', 'rediss').optional(),
  PDF_ENGINE: z.enum(['mupdf', 'pdf-parse']).default('mupdf'),
  WORKER_CONCURRENCY: z
    .string()
    .regex(/^[1-9]\d?$/, 'must be a number from 1 to 99')
    .transform(Number)
    .optional(),
  WORKER_PORT: givenPort.optional(),
  CHAT_PAGE: onOff('on'),
};

export const chatbotSettings: OwnSettings<typeof shape, ChatbotSettings> = {
  shape,
  secrets: ['NEW_KEY', 'LLAMA_CLOUD_API_KEY', 'REDIS_URL'],
  words: {
    LEGACY_DATA: {
      after: 'LEGACY_IDLE_MS',
      otherwise: '`legacy` in `BANYAN_DATA` if Banyan starts the legacy app',
      what: 'working directory of a legacy app that runs elsewhere, with `chat_history.json` and `chroma_db`, as this process reaches it; the first sync reads what legacy had before',
    },
    NEW_PORT: {
      after: 'LEGACY_DATA',
      what: 'port of the new backend where it runs by itself (`npm run new`)',
    },
    NEW_KEY: {
      after: 'NEW_PORT',
      what: 'what its internal headers (`X-Banyan-…`) must come with; without one it refuses them',
    },
    QUIRKS_RETIRED: {
      after: 'NEW_KEY',
      otherwise: 'none',
      what: 'quirks of the legacy app that the new backend no longer reproduces, names with commas between them',
    },
    JSON_STYLE: {
      after: 'QUIRKS_RETIRED',
      what: 'how the new backend lays JSON out: `pretty` as the legacy app with debug on, `compact` with debug off',
    },
    LLAMA_CLOUD_API_KEY: {
      after: 'OPENAI_MODEL',
      what: 'set: `GET /api/health` says that LlamaParse is available, on both backends',
    },
    REDIS_URL: {
      after: 'DATABASE_URL',
      what: 'Redis for a backend of several processes, `redis://` or `rediss://`; needs `DATABASE_URL`. PDFs are then taken in by `npm run worker`',
    },
    PDF_ENGINE: {
      after: 'REDIS_URL',
      what: "what reads PDFs: `mupdf`, whose text is the legacy app's, or `pdf-parse`",
    },
    WORKER_CONCURRENCY: {
      after: 'PDF_ENGINE',
      otherwise: 'cores, 2 at least',
      what: 'PDFs that a worker begins at once; up to four times as many that take long go on beside them, each with 1 GB at most',
    },
    WORKER_PORT: {
      after: 'WORKER_CONCURRENCY',
      otherwise: 'none',
      what: "port of a worker's probes, `/livez` and `/readyz`, and of its `/metrics`; on all interfaces, without a token",
    },
    CHAT_PAGE: {
      after: 'TRUSTED_PROXIES',
      what: '`off`: the gateway serves no `/chat`, and the public origin shows nothing that legacy does not',
    },
  },
  faults: (given, env) =>
    given.REDIS_URL && !given.DATABASE_URL && !env.DATABASE_URL_FILE
      ? ['REDIS_URL needs DATABASE_URL beside it: workers elsewhere have to reach the database too']
      : [],
  values: (e, folder) => ({
    newBackend: { port: e.NEW_PORT, key: e.NEW_KEY },
    legacyData: e.LEGACY_DATA === undefined ? undefined : resolve(folder, e.LEGACY_DATA),
    quirksRetired: e.QUIRKS_RETIRED,
    jsonStyle: e.JSON_STYLE,
    llamaParse: e.LLAMA_CLOUD_API_KEY !== undefined,
    redisUrl: e.REDIS_URL,
    pdfEngine: e.PDF_ENGINE,
    workerConcurrency: e.WORKER_CONCURRENCY,
    workerPort: e.WORKER_PORT,
    chatPage: e.CHAT_PAGE,
  }),
};

/** Every variable that `readSettings` reads. */
export const settingNames: readonly string[] = settingNamesWith(chatbotSettings);

/**
 * @param folder what relative paths start from; the repository's root unless told
 * @throws SettingsError that names every variable at fault and what it must be
 */
export const readSettings = (
  env: Record<string, string | undefined>,
  folder: string = dirname(import.meta.filename),
): BanyanSettings => readSettingsWith(env, folder, chatbotSettings);
