/** Settings come in from the environment, once, at the edge; the rest of the code gets them as values. */
import { join, resolve } from 'node:path';
import { samplerNames, type TracingSettings } from '@banyan/operations/tracing/settings.ts';
import { z } from 'zod';
import type { OwnSettings } from './own-settings.ts';
import {
  addressRanges,
  count,
  httpUrl,
  key,
  megabytes,
  origin,
  pairs,
  port,
  serverUrl,
} from './setting-kinds.ts';
import { readSecrets } from './setting-secrets.ts';

/** Every variable of the tool's own, with its default. */
export const environment = z.object({
  HOST: z.string().optional(),
  PORT: port(8080),
  CONSOLE_HOST: z.string().default('127.0.0.1'),
  CONSOLE_PORT: port(8081),
  CONSOLE_TOKEN: key.optional(),
  LEGACY_PORT: port(5050),
  LEGACY_URL: origin.optional(),
  LEGACY_IDLE_MS: z
    .string()
    .default('1500')
    .refine((text) => /^\d{1,6}$/.test(text), 'must be a number of milliseconds from 0 to 999999')
    .transform(Number),
  RELAY_HOST: z.string().default('127.0.0.1'),
  RELAY_PORT: port(8083),
  RELAY_KEY: key.optional(),
  GEMINI_API_KEY: z.string().optional(),
  GOOGLE_GEMINI_BASE_URL: httpUrl.default('https://generativelanguage.googleapis.com'),
  OPENAI_BASE_URL: httpUrl.optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().default('gpt-4o-mini'),
  BANYAN_DATA: z.string().default('.banyan'),
  BANYAN_SETUP: z.string().optional(),
  BANYAN_FLAGS: z.string().default('flags.yaml'),
  BANYAN_RECORDINGS: z.string().default('contract-tests/recordings'),
  BANYAN_REDACTION: z.string().default('redaction.yaml'),
  DATABASE_URL: serverUrl('postgres', 'postgresql').optional(),
  TAKE_OVER_FROM: z.uuid('must be the id of a gateway, as the error says that names it').optional(),
  TRUSTED_PROXIES: addressRanges.default([]),
  CONTINUITY: z
    .enum(['on', 'off'], { error: (issue) => `must be "on" or "off", not "${String(issue.input)}"` })
    .default('on'),
  SYNC_AFTER: z
    .string()
    .refine((text) => /^\d{1,6}$/.test(text), 'must be a number of seconds')
    .transform(Number)
    .optional(),
  JOURNAL_DAYS: z
    .string()
    .default('7')
    .refine((text) => /^[1-9]\d{0,3}$/.test(text), 'must be a number of days from 1 to 9999')
    .transform(Number),
  AUDIT_SECONDS: z
    .string()
    .default('4')
    .refine((text) => /^\d{1,4}$/.test(text), 'must be a number of seconds from 0 to 9999; 0: never')
    .transform(Number),
  AUDIT_PER_MINUTE: z
    .string()
    .default('120')
    .refine((text) => /^\d{1,5}$/.test(text), 'must be a number from 0 to 99999; 0: none')
    .transform(Number),
  JOURNAL_DISK_MB: megabytes(10_240),
  DIFF_PER_SECOND: count(50, 1, 10_000),
  DIFF_SAMPLE_PER_MINUTE: count(12, 0, 6000),
  DISK_RESERVE_MB: megabytes(256),
  FORWARDER: z.enum(['http', 'http-proxy-middleware']).default('http'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .enum(['http/json'], 'must be "http/json": nothing else is spoken')
    .optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.default({}),
  OTEL_TRACES_SAMPLER: z.enum(samplerNames).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .default('1')
    .refine((text) => /^(?:0|1|0?\.\d+|[01]\.0*)$/.test(text), 'must be a share from 0 to 1')
    .transform(Number),
  OTEL_SDK_DISABLED: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** Those that may be given as `NAME_FILE`, the path of a file that holds the value: what nobody should see in a list of processes. */
export const secretNames = [
  'CONSOLE_TOKEN',
  'RELAY_KEY',
  'GEMINI_API_KEY',
  'OPENAI_API_KEY',
  'DATABASE_URL',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const satisfies (keyof typeof environment.shape)[];

/** The model behind the relay. */
export type ModelSettings =
  | { kind: 'gemini'; baseUrl: string; key: string }
  | { kind: 'openai'; baseUrl: string; key: string | undefined; model: string }
  | { kind: 'stand-in' };

export interface Settings {
  /** The public origin. `host` undefined: all interfaces. */
  gateway: { host: string | undefined; port: number };
  console: { host: string; port: number; token: string | undefined };
  /** `url` set: a legacy app that runs elsewhere, which Banyan does not start. */
  legacy: {
    url: string | undefined;
    port: number;
    /** How long an unused connection to it is kept, in milliseconds; 0: not at all. */
    idle: number;
  };
  relay: { host: string; port: number; key: string | undefined };
  model: ModelSettings;
  /** Absolute paths. */
  dataFolder: string;
  /** What is installed once and only read then: the legacy app's Python, the embedding model. */
  setupFolder: string;
  flagFile: string;
  /** PostgreSQL; undefined: a database in `dataFolder`, for one process. Holds a password. */
  databaseUrl: string | undefined;
  /** The id of a gateway that had the database and of which a person says that it is gone. */
  takeOverFrom: string | undefined;
  /** Where recordings go. */
  recordingsFolder: string;
  /** What else counts as a secret. */
  redactionFile: string;
  /** Addresses or CIDR ranges whose `X-Forwarded-*` headers are kept. */
  trustedProxies: string[];
  /** Whether writes are journaled and mirrored, so that a flip loses nothing. */
  continuity: 'on' | 'off';
  /** Seconds from the start until the first sync begins; undefined: the longest execution time of the route table. */
  syncAfter: number | undefined;
  /** How long the journal keeps what both backends have. */
  journalDays: number;
  /** How often legacy's lists are looked at, in milliseconds, and how many entities are compared in a minute; 0: never, none. */
  audit: { every: number; perMinute: number };
  /** What bodies of writes may take of the data folder's disk, and what must stay free there, in bytes. */
  disk: { most: number; reserve: number };
  /** Keys that a whole diff compares in a second at most, and that are compared in a minute all the time. */
  diff: { rate: number; perMinute: number };
  forwarder: 'http' | 'http-proxy-middleware';
  logLevel: string;
  /** Where traces go, and how many; undefined: nothing is traced. */
  tracing: TracingSettings | undefined;
}

/** Settings that cannot be used, all faults at once. */
export class SettingsError extends Error {
  readonly faults: readonly string[];

  constructor(faults: string[]) {
    super(`These settings cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

/** Every variable that is read. */
export function settingNamesWith(own?: { shape: object; secrets: readonly string[] }): string[] {
  return [
    ...Object.keys(environment.shape),
    ...Object.keys(own?.shape ?? {}),
    ...[...secretNames, ...(own?.secrets ?? [])].map((name) => `${name}_FILE`),
  ];
}

/** Those of the tool alone. */
export const settingNames: readonly string[] = settingNamesWith();

/**
 * Reads and checks the environment, and the files that it names for secrets. An empty variable or file counts as not set.
 * @param folder what relative paths start from
 * @throws SettingsError that names every variable at fault and what it must be.
 */
export function readSettings(env: Record<string, string | undefined>, folder: string): Settings {
  return readSettingsWith(env, folder, nothingOfItsOwn);
}

const nothingOfItsOwn: OwnSettings<Record<never, never>, object> = {
  shape: {},
  words: {},
  secrets: [],
  values: () => ({}),
};

/** The same, with an application's own. */
export function readSettingsWith<Shape extends z.ZodRawShape, Values extends object>(
  env: Record<string, string | undefined>,
  folder: string,
  own: OwnSettings<Shape, Values>,
): Settings & Values {
  const secrets = readSecrets(env, folder, [...secretNames, ...own.secrets]);
  const given = Object.fromEntries(
    Object.entries({ ...env, ...secrets.values }).filter(([, value]) => value),
  );
  const tools = environment.safeParse(given);
  const owns = z.object(own.shape).safeParse(given);
  const issues = [...(tools.error?.issues ?? []), ...(owns.error?.issues ?? [])];
  const faults = [
    ...secrets.faults,
    ...issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    ...(own.faults?.(given, env) ?? []),
  ];
  if (faults.length > 0 || !tools.success || !owns.success) throw new SettingsError(faults);
  return { ...settingsOf(tools.data, folder), ...own.values(owns.data, folder) };
}

function settingsOf(e: z.infer<typeof environment>, folder: string): Settings {
  return {
    gateway: { host: e.HOST, port: e.PORT },
    console: { host: e.CONSOLE_HOST, port: e.CONSOLE_PORT, token: e.CONSOLE_TOKEN },
    legacy: { url: e.LEGACY_URL, port: e.LEGACY_PORT, idle: e.LEGACY_IDLE_MS },
    relay: { host: e.RELAY_HOST, port: e.RELAY_PORT, key: e.RELAY_KEY },
    model: modelOf(e),
    dataFolder: resolve(folder, e.BANYAN_DATA),
    setupFolder: resolve(folder, e.BANYAN_SETUP ?? join(e.BANYAN_DATA, 'setup')),
    flagFile: resolve(folder, e.BANYAN_FLAGS),
    databaseUrl: e.DATABASE_URL,
    takeOverFrom: e.TAKE_OVER_FROM,
    recordingsFolder: resolve(folder, e.BANYAN_RECORDINGS),
    redactionFile: resolve(folder, e.BANYAN_REDACTION),
    trustedProxies: e.TRUSTED_PROXIES,
    continuity: e.CONTINUITY,
    syncAfter: e.SYNC_AFTER,
    journalDays: e.JOURNAL_DAYS,
    audit: { every: e.AUDIT_SECONDS * 1000, perMinute: e.AUDIT_PER_MINUTE },
    disk: { most: e.JOURNAL_DISK_MB, reserve: e.DISK_RESERVE_MB },
    diff: { rate: e.DIFF_PER_SECOND, perMinute: e.DIFF_SAMPLE_PER_MINUTE },
    forwarder: e.FORWARDER,
    logLevel: e.LOG_LEVEL,
    tracing: tracingOf(e),
  };
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/: the endpoint of a signal is taken as it is. */
function tracingOf(e: z.infer<typeof environment>): TracingSettings | undefined {
  const base = e.OTEL_EXPORTER_OTLP_ENDPOINT;
  const url = e.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base && `${base}/v1/traces`);
  if (!url || e.OTEL_SDK_DISABLED) return undefined;
  const { 'service.name': named, ...resourceAttributes } = e.OTEL_RESOURCE_ATTRIBUTES;
  return {
    url,
    headers: e.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: e.OTEL_SERVICE_NAME ?? named,
    resourceAttributes,
    sampler: e.OTEL_TRACES_SAMPLER,
    ratio: e.OTEL_TRACES_SAMPLER_ARG,
  };
}

function modelOf(e: z.infer<typeof environment>): ModelSettings {
  if (e.OPENAI_BASE_URL)
    return { kind: 'openai', baseUrl: e.OPENAI_BASE_URL, key: e.OPENAI_API_KEY, model: e.OPENAI_MODEL };
  if (e.GEMINI_API_KEY) return { kind: 'gemini', baseUrl: e.GOOGLE_GEMINI_BASE_URL, key: e.GEMINI_API_KEY };
  return { kind: 'stand-in' };
}
