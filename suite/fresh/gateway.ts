/**
 * The gateway with state continuity on, in this process, before a legacy app and a new backend of its own: what clients of
 * an installation reach. Its flags are changed by a call, so that a flip costs no file.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application } from '@banyan/gateway/application.ts';
import { httpBackend } from '@banyan/gateway/backends/http/http-backend.ts';
import { type OpenContinuity, openContinuity } from '@banyan/gateway/continuity/continuity.ts';
import { openedJournal } from '@banyan/gateway/continuity/journal/migrations/migrate.ts';
import { Tie } from '@banyan/gateway/continuity/model-calls/tie.ts';
import type { Mode } from '@banyan/gateway/continuity/protocol/modes.ts';
import type { FlagsInForce } from '@banyan/gateway/flags/model.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { openPublicOrigin } from '@banyan/gateway/public-origin.ts';
import { isSecretHeader } from '@banyan/gateway/record/redaction/headers.ts';
import type { ModelProvider } from '@banyan/gateway/relay/provider.ts';
import type { StandInVoice } from '@banyan/gateway/relay/stand-in/voice.ts';
import { type Closers, closedOnFailure } from '@banyan/operations/closers.ts';
import { type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import type { RunningBackend } from '../running-backend.ts';
import { type SeenRelay, startSeenRelay } from './seen-relay.ts';

/** What of the flags is changed, by route. */
export type Flips = Readonly<Record<string, Mode>>;

export interface FreshGateway extends RunningBackend {
  /** In force when it returns. @returns how many routes have another mode now */
  flip(flips: Flips): number;
  /** Writes that could not be given to the other side, or came to another answer there, and calls paid for twice. */
  faults(): Promise<string[]>;
  continuity: OpenContinuity;
}

/** An application with state continuity, whose new backend has nothing in it. */
export interface FreshApplication {
  application: Application & Required<Pick<Application, 'continuity'>>;
  /** How the new backend's clock writes a moment. */
  clock: (moment: number) => string;
  /** Closes the new backend and removes what it wrote to the disk. */
  close(): Promise<void>;
}

export interface FreshGatewayOptions {
  /** How the relay's stand-in answers. */
  standIn?: StandInVoice | undefined;
  startLegacy: (relay: SeenRelay) => Promise<RunningBackend>;
  /** @param model where the new backend reaches the model, and its key there */
  openNew: (model: { baseUrl: string; key: string }) => Promise<FreshApplication>;
}

export const startFreshGateway = (options: FreshGatewayOptions): Promise<FreshGateway> =>
  closedOnFailure((closers) => start(options, closers));

async function start(
  { standIn, startLegacy, openNew }: FreshGatewayOptions,
  closers: Closers,
): Promise<FreshGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-contract-gateway-'));
  closers.defer(() => rm(folder, { recursive: true, force: true }));
  const tie = new Tie();
  const around = (provider: ModelProvider) => tie.around(provider);
  const relay = closers.use(await startSeenRelay({ standIn, around }));
  const model = { baseUrl: relay.url, key: relay.key };
  const [legacy, fresh] = await Promise.all([startLegacy(relay), openNew(model)]);
  closers.use(legacy);
  closers.use(fresh);
  const { application } = fresh;
  const { table } = application;
  const { database, makeVoid } = application.continuity;
  const backends = {
    legacy: httpBackend({ name: 'legacy', url: legacy.url }),
    new: application.newBackend,
  };
  closers.use(backends.legacy);
  const continuity = await openContinuity({
    table,
    backends,
    folder,
    tie,
    log: silentLog,
    db: openedJournal(database),
    secretHeaders: { has: isSecretHeader },
    voidOnNew: makeVoid,
    patience: { sync: 0 },
  });
  closers.use(continuity);
  await continuity.sync.looked();
  const flags = { current: allLegacy(table) };
  const origin = await openPublicOrigin({
    host: '127.0.0.1',
    port: 0,
    legacy: backends.legacy,
    legacyUrl: legacy.url,
    flags,
    continuity,
    trustedProxies: [],
    log: silentLog,
    application,
  });
  closers.defer(() => origin.close(0));
  return {
    url: origin.url,
    clock: fresh.clock,
    modelCalls: relay,
    continuity,
    flip(flips) {
      const changed = Object.entries(flips).filter(([key, mode]) => modeOf(flags.current, key) !== mode);
      if (changed.length > 0) flags.current = changedBy(flags.current, changed);
      return changed.length;
    },
    faults: () => faultsOf(continuity, tie),
    close: closers.close,
  };
}

async function faultsOf(continuity: OpenContinuity, tie: Tie): Promise<string[]> {
  const { pinned } = await continuity.size();
  const db = await continuity.journal.db();
  const divergent = await db
    .selectFrom('entries')
    .select(['route', 'side', 'differences'])
    .where('verdict', '=', 'divergent')
    .execute();
  return [
    ...pinned.map(({ route, side, reason }) => `${route} is stuck, ${side} has it: ${reason.slice(0, 120)}`),
    ...divergent.map(
      ({ route, side, differences }) =>
        `${route}, served by ${side}, was answered differently in its replay: ${differences?.slice(0, 300)}`,
    ),
    ...continuity.alarms.all().map(({ route, code, example }) => `alarm ${code} on ${route}: ${example}`),
    ...Array.from({ length: tie.unexplained }, () => 'a model call that belongs to no write'),
  ];
}

const modeOf = ({ routes }: FlagsInForce, key: string) => routes.get(key)?.mode;

function allLegacy(table: RouteTable): FlagsInForce {
  const entries = routeKeys(table).map((key) => [key, flagOf('legacy')] as const);
  return { epoch: 1, routes: new Map(entries), phases: new Map(), guards: undefined, sample: 1 };
}

const flagOf = (mode: Mode) => ({ mode, since: '2026-01-01T00:00:00Z', by: 'test' });

/** One version of the flags for all of them, as a phase has it. */
function changedBy(
  { epoch, routes, ...rest }: FlagsInForce,
  changes: readonly (readonly [string, Mode])[],
): FlagsInForce {
  const entries = changes.map(([key, mode]) => [key, flagOf(mode)] as const);
  return { epoch: epoch + 1, routes: new Map([...routes, ...entries]), ...rest };
}
