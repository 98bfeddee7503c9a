/** What each setting is, in words: what docs/settings.md is written from, by `npm run settings:docs`. */
import type { z } from 'zod';
import type { OwnWords, Words } from './own-settings.ts';
import { environment, secretNames } from './settings.ts';

/** What of an application's own settings is described. */
export interface OwnReference {
  shape: z.ZodRawShape;
  words: Readonly<Record<string, OwnWords>>;
  secrets: readonly string[];
}

const words: Record<keyof typeof environment.shape, Words> = {
  PORT: { what: 'port of the gateway, the public origin; 0 is any free one' },
  HOST: { otherwise: 'all interfaces', what: 'address that the gateway listens on' },
  CONSOLE_PORT: { what: "port of the operator's console" },
  CONSOLE_HOST: { what: 'address that the console listens on' },
  CONSOLE_TOKEN: {
    otherwise: 'made at the first start',
    what: 'token of the console, 16 characters or more; kept in `BANYAN_DATA` when made',
  },
  LEGACY_PORT: { what: 'port that the legacy app is started on' },
  LEGACY_URL: { what: 'origin of a legacy app that runs elsewhere; Banyan then starts none' },
  LEGACY_IDLE_MS: {
    what: 'milliseconds that an unused connection to legacy is kept, less than legacy keeps it; 0: each request gets a connection of its own, as writes always do',
  },
  RELAY_PORT: { what: 'port of the LLM relay' },
  RELAY_HOST: { what: 'address that the relay listens on' },
  RELAY_KEY: {
    otherwise: 'made at each start',
    what: 'what backends show the relay as their `GEMINI_API_KEY`; needed when legacy runs elsewhere',
  },
  GEMINI_API_KEY: { what: 'key of Gemini; the relay uses it, no backend sees it' },
  GOOGLE_GEMINI_BASE_URL: { otherwise: "Google's", what: 'where Gemini is' },
  OPENAI_BASE_URL: { what: "an OpenAI-compatible endpoint in Gemini's place" },
  OPENAI_API_KEY: { what: 'its key' },
  OPENAI_MODEL: { what: 'its model' },
  BANYAN_DATA: { what: 'everything that is written' },
  BANYAN_SETUP: {
    otherwise: '`setup` in `BANYAN_DATA`',
    what: "what is installed once: the legacy app's Python environment, the embedding model",
  },
  BANYAN_FLAGS: { what: 'the flag file' },
  BANYAN_RECORDINGS: { what: 'where recordings go' },
  BANYAN_REDACTION: { what: 'what else counts as a secret in recordings: headers, fields, patterns' },
  DATABASE_URL: {
    what: 'PostgreSQL with pgvector, `postgres://user:password@host/database`; without it the new backend has a database in `BANYAN_DATA`, for one process',
  },
  TAKE_OVER_FROM: {
    otherwise: 'nothing',
    what: 'the id of a gateway of which you know that it is gone, although the database still has its connection: this one takes the database over from it ([continuity](continuity.md#one-gateway))',
  },
  TRUSTED_PROXIES: {
    otherwise: 'none',
    what: 'addresses or CIDR ranges whose `X-Forwarded-*` headers are kept',
  },
  CONTINUITY: {
    what: "`on`: writes are journaled in the new backend's database and given to the other backend, and what legacy had before is brought to the new backend, so that a flip loses nothing; see [continuity](continuity.md). `off`: routes are flipped without",
  },
  SYNC_AFTER: {
    otherwise: 'the longest execution time of the route table; 0 if Banyan has started legacy itself',
    what: 'how many seconds after the start the first sync begins: what was sent to legacy before the gateway kept a journal may take effect so late. `0`: nothing was',
  },
  JOURNAL_DAYS: {
    what: 'days that the journal keeps a write which both backends have; one that they answered differently ten times as long',
  },
  DIFF_PER_SECOND: {
    what: 'entities (chats) that `banyan diff` compares in a second at most; each one costs both backends a request for each route that shows it',
  },
  DIFF_SAMPLE_PER_MINUTE: {
    what: 'entities (chats) of which both backends are compared in a minute, all the time, while few writes are under way; `0` turns it off',
  },
  AUDIT_SECONDS: {
    what: 'seconds from one look at the lists of both backends to the next, for what was written directly on legacy; 0: never ([continuity](continuity.md#written-directly-on-legacy))',
  },
  AUDIT_PER_MINUTE: {
    what: 'entities that are compared in a minute by their own reads, one after the other, for what lists do not show; 0: none',
  },
  JOURNAL_DISK_MB: {
    what: 'megabytes that the bodies of journaled writes may take in the data folder; with more, writes with a large body get 503',
  },
  DISK_RESERVE_MB: {
    what: "megabytes that must stay free on the data folder's disk; with less, journaled writes get 503",
  },
  FORWARDER: { what: 'what carries requests to legacy: `http` or `http-proxy-middleware`' },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    what: 'where traces go, as OTLP over HTTP in JSON, e.g. `http://collector:4318`; without it nothing is traced ([tracing](tracing.md))',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    otherwise: '`/v1/traces` there',
    what: 'the same, whole, with its path',
  },
  OTEL_EXPORTER_OTLP_HEADERS: { what: 'sent with them: `name=value,name=value`' },
  OTEL_EXPORTER_OTLP_PROTOCOL: { what: '`http/json`; nothing else is spoken' },
  OTEL_SERVICE_NAME: {
    otherwise: '`banyan`, `banyan-worker`',
    what: 'how this process is called in traces',
  },
  OTEL_RESOURCE_ATTRIBUTES: { otherwise: 'none', what: 'what else is said of it: `name=value,name=value`' },
  OTEL_TRACES_SAMPLER: {
    what: 'which requests are traced: `always_on`, `always_off`, `traceidratio`, or the same as `parentbased_…`, which does what a client that names its trace says',
  },
  OTEL_TRACES_SAMPLER_ARG: { what: 'share of them, from 0 to 1, for the samplers by ratio' },
  OTEL_SDK_DISABLED: { what: '`true`: nothing is traced, whatever else is set' },
  LOG_LEVEL: { what: '`fatal`, `error`, `warn`, `info` (a line a request), `debug`, `trace`, `silent`' },
};

/** The default as a person would write it; undefined: there is none. */
export function defaultOf(variable: z.core.$ZodType): string | undefined {
  let schema = variable;
  for (;;) {
    const { def } = schema._zod as unknown as {
      def: { type: string; in?: z.core.$ZodType; innerType?: z.core.$ZodType; defaultValue?: unknown };
    };
    if (def.type === 'default') return Array.isArray(def.defaultValue) ? undefined : String(def.defaultValue);
    const inner = def.in ?? def.innerType;
    if (!inner) return undefined;
    schema = inner;
  }
}

/** The table of docs/settings.md: the tool's variables, with the application's where it wants them. */
export function settingsTable(own: OwnReference = { shape: {}, words: {}, secrets: [] }): string {
  const shape: z.ZodRawShape = { ...environment.shape, ...own.shape };
  const described: Readonly<Record<string, Words>> = { ...words, ...own.words };
  const rows = inOrder(own).map((name) => {
    const { otherwise, what } = described[name] ?? { what: '' };
    const value = shape[name] && defaultOf(shape[name]);
    const shown = otherwise ?? (value === undefined ? '' : `\`${value}\``);
    return `| \`${name}\` |${shown && ` ${shown}`} | ${what} |`;
  });
  return [
    '| variable | default | what it is |',
    '|---|---|---|',
    ...rows,
    '',
    'Secrets come from files too, for container platforms that mount them: each of these names a file that holds the value (a line end after',
    `it is left out), and a variable beside its file is a fault. ${secretsOf(own).join(', ')}.`,
  ].join('\n');
}

/** Each of the application's own behind the one that it names. */
function inOrder(own: OwnReference): string[] {
  const names = Object.keys(words);
  for (const [name, { after }] of Object.entries(own.words)) names.splice(names.indexOf(after) + 1, 0, name);
  return names;
}

/** In the order of the table. */
function secretsOf(own: OwnReference): string[] {
  const secret = new Set<string>([...secretNames, ...own.secrets]);
  return inOrder(own)
    .filter((name) => secret.has(name))
    .map((name) => `\`${name}_FILE\``);
}
