/** Settings come in from the environment, once, at the edge; the rest of the code gets them as values. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { samplerNames, type TracingSettings } from '@banyan/operations/tracing/settings.ts';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { retiredQuirksFault } from '../services/quirks.ts';

const givenPort = z.string().transform((text, context) => {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number <= 65535) return number;
  context.addIssue(`must be a port from 0 to 65535 (0: any free one), not "${text}"`);
  return z.NEVER;
});

const port = (fallback: number) => z.string().default(String(fallback)).pipe(givenPort);

const httpUrl = z.string().transform((text, context) => {
  try {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return text.replace(/\/+$/, '');
  } catch {}
  context.addIssue(`must be an http:// or https:// address, not "${text}"`);
  return z.NEVER;
});

/** Requests keep their own path, so the address of a backend has none. */
const origin = httpUrl.transform((text, context) => {
  const { pathname, search, hash, username } = new URL(text);
  if (pathname === '/' && !search && !hash && !username) return text;
  context.addIssue('must be an origin, like http://127.0.0.1:5050, without a path');
  return z.NEVER;
});

const addressRanges = z.string().transform((text, context) => {
  const ranges = text.split(/[\s,]+/).filter(Boolean);
  for (const range of ranges)
    if (!ipaddr.isValid(range) && !ipaddr.isValidCIDR(range))
      context.addIssue(`must be addresses or CIDR ranges, and "${range}" is neither`);
  return ranges;
});

const onOff = (fallback: 'on' | 'off') =>
  z
    .enum(['on', 'off'], { error: (issue) => `must be "on" or "off", not "${String(issue.input)}"` })
    .default(fallback)
    .transform((value) => value === 'on');

/** The message never repeats it: it may hold a password. */
const serverUrl = (...schemes: string[]) =>
  z.string().refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)), {
    error: `must be an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });

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

/** `name=value,name=value`, percent-encoded (W3C Baggage), as OpenTelemetry has lists. The message never repeats a value. */
const pairs = z.string().transform((text, context) => {
  const found: Record<string, string> = {};
  for (const piece of text.split(',').filter((part) => part.trim())) {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(piece.trim()) ?? [];
    try {
      if (name) found[decodeURIComponent(name.trim())] = decodeURIComponent(value.trim());
      else context.addIssue('must be name=value, with commas between them');
    } catch {
      context.addIssue(`has a value for "${name}" that is not percent-encoded`);
    }
  }
  return found;
});

/** A number of megabytes, as bytes. */
const megabytes = (otherwise: number) =>
  z
    .string()
    .default(String(otherwise))
    .refine((text) => /^[1-9]\d{0,7}$/.test(text), 'must be a number of megabytes from 1 to 99999999')
    .transform((text) => Number(text) * 1024 ** 2);

/** Every variable, with its default. */
export const environment = z.object({
  HOST: z.string().optional(),
  PORT: port(8080),
  CONSOLE_HOST: z.string().default('127.0.0.1'),
  CONSOLE_PORT: port(8081),
  CONSOLE_TOKEN: z.string().min(16, 'must have 16 characters or more').optional(),
  LEGACY_PORT: port(5050),
  LEGACY_URL: origin.optional(),
  LEGACY_IDLE_MS: z
    .string()
    .default('1500')
    .refine((text) => /^\d{1,6}$/.test(text), 'must be a number of milliseconds from 0 to 999999')
    .transform(Number),
  NEW_PORT: port(8082),
  NEW_KEY: z.string().min(16, 'must have 16 characters or more').optional(),
  QUIRKS_RETIRED: quirkNames.optional(),
  JSON_STYLE: layout('pretty'),
  RELAY_HOST: z.string().default('127.0.0.1'),
  RELAY_PORT: port(8083),
  RELAY_KEY: z.string().min(16, 'must have 16 characters or more').optional(),
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
  REDIS_URL: serverUrl('redis', 'rediss').optional(),
  TAKE_OVER_FROM: z.uuid('must be the id of a gateway, as the error says that names it').optional(),
  PDF_ENGINE: z.enum(['mupdf', 'pdf-parse']).default('mupdf'),
  WORKER_CONCURRENCY: z
    .string()
    .regex(/^[1-9]\d?$/, 'must be a number from 1 to 99')
    .transform(Number)
    .optional(),
  WORKER_PORT: givenPort.optional(),
  TRUSTED_PROXIES: addressRanges.default([]),
  CHAT_PAGE: onOff('on'),
  LLAMA_CLOUD_API_KEY: z.string().optional(),
  CONTINUITY: z
    .enum(['on', 'off'], { error: (issue) => `must be "on" or "off", not "${String(issue.input)}"` })
    .optional(),
  JOURNAL_DAYS: z
    .string()
    .default('7')
    .refine((text) => /^[1-9]\d{0,3}$/.test(text), 'must be a number of days from 1 to 9999')
    .transform(Number),
  JOURNAL_DISK_MB: megabytes(10_240),
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
  'NEW_KEY',
  'RELAY_KEY',
  'GEMINI_API_KEY',
  'OPENAI_API_KEY',
  'LLAMA_CLOUD_API_KEY',
  'DATABASE_URL',
  'REDIS_URL',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const satisfies (keyof typeof environment.shape)[];

/** Every variable that `readSettings` reads. */
export const settingNames: readonly string[] = [
  ...Object.keys(environment.shape),
  ...secretNames.map((name) => `${name}_FILE`),
];

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
  /** The new backend where it runs by itself; `key`: what the internal headers come with. */
  newBackend: { port: number; key: string | undefined };
  /** Names with commas between them, as they were given: what they mean is the application's. */
  quirksRetired: string | undefined;
  /** How the new backend lays JSON out. */
  jsonStyle: 'pretty' | 'compact';
  model: ModelSettings;
  /** Absolute paths. */
  dataFolder: string;
  /** What is installed once and only read then: the legacy app's Python, the embedding model. */
  setupFolder: string;
  flagFile: string;
  /** PostgreSQL; undefined: a database in `dataFolder`, for one process. Holds a password. */
  databaseUrl: string | undefined;
  /** The queue of workers that run elsewhere; only with a `databaseUrl`. Holds a password. */
  redisUrl: string | undefined;
  /** The id of a gateway that had the database and of which a person says that it is gone. */
  takeOverFrom: string | undefined;
  pdfEngine: 'mupdf' | 'pdf-parse';
  /** Fresh uploads that a worker takes in at once; undefined: as many as there are cores, two at least. */
  workerConcurrency: number | undefined;
  /** Where a worker's probes and metrics are; undefined: nowhere. */
  workerPort: number | undefined;
  /** Where recordings go. */
  recordingsFolder: string;
  /** What else counts as a secret. */
  redactionFile: string;
  /** Addresses or CIDR ranges whose `X-Forwarded-*` headers are kept. */
  trustedProxies: string[];
  chatPage: boolean;
  /** What `GET /api/health` says of LlamaParse. */
  llamaParse: boolean;
  /** Whether writes are journaled and mirrored, so that a flip loses nothing. */
  continuity: 'on' | 'off' | undefined;
  /** How long the journal keeps what both backends have. */
  journalDays: number;
  /** What bodies of writes may take of the data folder's disk, and what must stay free there, in bytes. */
  disk: { most: number; reserve: number };
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

/**
 * Reads and checks the environment, and the files that it names for secrets. An empty variable or file counts as not set.
 * @throws SettingsError that names every variable at fault and what it must be.
 */
export function readSettings(env: Record<string, string | undefined>, folder: string): Settings {
  const secrets = readSecrets(env, folder);
  const given = Object.fromEntries(
    Object.entries({ ...env, ...secrets.values }).filter(([, value]) => value),
  );
  const parsed = environment.safeParse(given);
  const faults = [
    ...secrets.faults,
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`),
  ];
  if (given.REDIS_URL && !given.DATABASE_URL && !env.DATABASE_URL_FILE)
    faults.push('REDIS_URL needs DATABASE_URL beside it: workers elsewhere have to reach the database too');
  if (faults.length > 0 || !parsed.success) throw new SettingsError(faults);
  const e = parsed.data;
  return {
    gateway: { host: e.HOST, port: e.PORT },
    console: { host: e.CONSOLE_HOST, port: e.CONSOLE_PORT, token: e.CONSOLE_TOKEN },
    legacy: { url: e.LEGACY_URL, port: e.LEGACY_PORT, idle: e.LEGACY_IDLE_MS },
    relay: { host: e.RELAY_HOST, port: e.RELAY_PORT, key: e.RELAY_KEY },
    newBackend: { port: e.NEW_PORT, key: e.NEW_KEY },
    quirksRetired: e.QUIRKS_RETIRED,
    jsonStyle: e.JSON_STYLE,
    model: modelOf(e),
    dataFolder: resolve(folder, e.BANYAN_DATA),
    setupFolder: resolve(folder, e.BANYAN_SETUP ?? join(e.BANYAN_DATA, 'setup')),
    flagFile: resolve(folder, e.BANYAN_FLAGS),
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    takeOverFrom: e.TAKE_OVER_FROM,
    pdfEngine: e.PDF_ENGINE,
    workerConcurrency: e.WORKER_CONCURRENCY,
    workerPort: e.WORKER_PORT,
    recordingsFolder: resolve(folder, e.BANYAN_RECORDINGS),
    redactionFile: resolve(folder, e.BANYAN_REDACTION),
    trustedProxies: e.TRUSTED_PROXIES,
    chatPage: e.CHAT_PAGE,
    llamaParse: e.LLAMA_CLOUD_API_KEY !== undefined,
    continuity: e.CONTINUITY,
    journalDays: e.JOURNAL_DAYS,
    disk: { most: e.JOURNAL_DISK_MB, reserve: e.DISK_RESERVE_MB },
    forwarder: e.FORWARDER,
    logLevel: e.LOG_LEVEL,
    tracing: tracingOf(e),
  };
}

/** The values of `NAME_FILE` variables, without the line end that editors and `echo` leave. */
function readSecrets(env: Record<string, string | undefined>, folder: string) {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of secretNames) {
    const path = env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) faults.push(`${name} and ${name}_FILE are both set: leave one of them out`);
    try {
      values[name] = readFileSync(resolve(folder, path), 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      const why = { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' }[
        code
      ];
      faults.push(`${name}_FILE must be a file that can be read: ${why ?? code} (${path})`);
    }
  }
  return { values, faults };
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
