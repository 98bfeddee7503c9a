/** What a gateway runs with: `GET /configuration`, for `banyan doctor`, which would otherwise guess from its own environment. */
import { type RouteKey, type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import { Hono } from 'hono';
import type { JournalSize } from '../continuity/journal/size.ts';
import type { Mode } from '../continuity/protocol/modes.ts';
import type { FlagFault } from '../flags/model.ts';
import type { FlagStore } from '../flags/store.ts';
import type { Settings } from '../settings.ts';

export interface Configuration {
  pid: number;
  /** Variables with their values, as `shownSettings` has them. */
  settings: Record<string, string>;
  /** The public origin, as it can be reached from the gateway's machine. */
  publicUrl: string;
  /** Where legacy answers, whoever has started it. */
  legacyUrl: string;
  dataFolder: string;
  setupFolder: string;
  flagFile: string;
  continuity: Settings['continuity'];
  /** Whether writes are journaled. */
  isJournaled: boolean;
  /** Whether the database answers; null where the gateway does not know, as it journals nothing. */
  databaseAnswers: boolean | null;
  /** Flags in force. */
  epoch: number;
  modes: Record<RouteKey, Mode>;
  faults: readonly FlagFault[];
}

export interface ConfigurationOptions {
  settings: Settings;
  table: RouteTable;
  store: Pick<FlagStore, 'current' | 'faults'>;
  publicUrl: string;
  legacyUrl: string;
  /** Undefined: writes are not journaled. */
  journal: (() => Promise<JournalSize>) | undefined;
}

/** To be mounted behind the console's token. */
export function configurationRoutes(options: ConfigurationOptions): Hono {
  return new Hono().get('/configuration', async (c) => c.json<Configuration>(await lookAt(options)));
}

async function lookAt(options: ConfigurationOptions): Promise<Configuration> {
  const { settings, table, store, publicUrl, legacyUrl, journal } = options;
  const { dataFolder, setupFolder, flagFile, continuity } = settings;
  const { epoch, routes } = store.current;
  const answers = journal?.().then(
    () => true,
    () => false,
  );
  const modes = routeKeys(table).map((route) => [route, routes.get(route)?.mode ?? 'legacy'] as const);
  return {
    pid: process.pid,
    settings: shownSettings(settings),
    publicUrl,
    legacyUrl,
    dataFolder,
    setupFolder,
    flagFile,
    continuity,
    isJournaled: journal !== undefined,
    databaseAnswers: (await answers) ?? null,
    epoch,
    modes: Object.fromEntries(modes),
    faults: store.faults,
  };
}

/** In the place of a value. */
export const notSet = 'not set';

/** The variables in which a command's environment can differ from its gateway's, without a secret. */
export function shownSettings(settings: Settings): Record<string, string> {
  const { gateway, console, legacy, relay } = settings;
  return {
    HOST: gateway.host ?? notSet,
    PORT: String(gateway.port),
    CONSOLE_HOST: console.host,
    CONSOLE_PORT: String(console.port),
    LEGACY_URL: legacy.url ?? notSet,
    LEGACY_PORT: String(legacy.port),
    RELAY_PORT: String(relay.port),
    BANYAN_DATA: settings.dataFolder,
    BANYAN_SETUP: settings.setupFolder,
    BANYAN_FLAGS: settings.flagFile,
    DATABASE_URL: settings.databaseUrl === undefined ? notSet : masked(settings.databaseUrl),
    CONTINUITY: settings.continuity,
  };
}

/** An address without its password. What is behind the `?` may hold one too. */
export function masked(address: string): string {
  const url = new URL(address);
  if (url.password) url.password = '***';
  for (const name of url.searchParams.keys())
    if (/pass|secret|token|key/i.test(name)) url.searchParams.set(name, '***');
  return url.href;
}
