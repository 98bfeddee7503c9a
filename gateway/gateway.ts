/** Puts a gateway together and runs it: flags, recorder, public origin, console. */
import { join } from 'node:path';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Logger as PinoLogger } from 'pino';
import type { Application } from './application.ts';
import type { Backend } from './backends/backend.ts';
import { httpBackend } from './backends/http/http-backend.ts';
import { hpmBackend } from './backends/http-proxy-middleware/hpm-backend.ts';
import { alarmRoutes } from './console/alarm-routes.ts';
import { completionRoutes } from './console/completion.ts';
import { type RunningConsole, startConsole } from './console/console.ts';
import { importRoutes } from './console/import-routes.ts';
import { journalRoutes } from './console/journal-routes.ts';
import { overviewRoutes } from './console/overview.ts';
import { Alarms } from './continuity/alarms/alarms.ts';
import { alarmFile } from './continuity/alarms/stored.ts';
import { boundWithoutJournal } from './continuity/bound.ts';
import { type OpenContinuity, openContinuity } from './continuity/continuity.ts';
import type { SecretHeaders } from './continuity/journal/credentials.ts';
import { journalOf } from './continuity/journal/tables.ts';
import type { Tie } from './continuity/relay/tie.ts';
import type { ShadowOptions } from './continuity/shadow/shadow.ts';
import type { Tally } from './continuity/shadow/tally.ts';
import type { BanyanError } from './errors.ts';
import { type FlagStore, openFlags } from './flags/store.ts';
import { type Answered, Guard } from './guards/guard.ts';
import { Metrics } from './metrics/metrics.ts';
import { Traffic } from './metrics/traffic.ts';
import { openPublicOrigin, type PublicOrigin } from './public-origin.ts';
import type { Recorder } from './record/recorder.ts';
import { isSecretHeader } from './record/redaction/headers.ts';
import { readRedaction } from './record/redaction/redaction-file.ts';
import { recorderRoutes } from './record/routes.ts';
import { createThreadedRecorder } from './record/threaded/threaded-recorder.ts';
import type { Continuity } from './serve/continuity.ts';
import type { Settings } from './settings.ts';
import { tracedBackend } from './tracing/backend.ts';

export interface GatewayOptions {
  settings: Settings;
  application: Application;
  /** Where legacy answers. */
  legacyUrl: string;
  /** Around the relay's model, where writes are mirrored. */
  tie?: Tie | undefined;
  log: PinoLogger;
}

export interface RunningGateway {
  /** The public origin, as it can be reached from this machine. */
  url: string;
  /** Where the application's pages begin, if it has some. */
  pages: string | undefined;
  consoleUrl: string;
  /** Given when it was made just now: the only time to show it. */
  newConsoleToken: string | undefined;
  flags: FlagStore;
  /** Resolves where it cannot go on: another gateway has its database. It has to be closed then. */
  failed: Promise<BanyanError>;
  /** Unready, finishes what is in flight (at most `grace` milliseconds, 10,000 unless told), and stops. */
  close(grace?: number): Promise<void>;
}

const forwarders: Record<Settings['forwarder'], typeof httpBackend> = {
  http: httpBackend,
  'http-proxy-middleware': hpmBackend,
};

/** @throws BanyanError where the flag file cannot be used or a port is taken; what was started is stopped then */
export async function startGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { settings, legacyUrl, log } = options;
  const { flagFile: file, dataFolder } = settings;
  const newBackend = tracedBackend(options.application.newBackend);
  const application = { ...options.application, newBackend };
  const { table, implemented, prepare, evidence } = application;
  const lacking = evidence && ((route: RouteKey) => evidence.lacking(route));
  const health = { ready: false };
  const lost = Promise.withResolvers<BanyanError>();
  void lost.promise.then(() => {
    health.ready = false;
  });
  const started: { close(grace: number): Promise<unknown> }[] = [];
  const stop = async (grace: number) => {
    for (let part = started.pop(); part; part = started.pop()) await part.close(grace);
  };
  try {
    started.push(application.newBackend);
    // A gateway that finds another one in its way ends before it has done anything.
    if (settings.continuity === 'on') await application.continuity?.database();
    const bound = boundWithoutJournal(settings.continuity, table);
    // The flag store asks for them at the start: what was written into its file meanwhile is refused as a flip is.
    const alarms = isJournaled(options) ? new Alarms({ table, file: alarmFile(dataFolder), log }) : undefined;
    const flags = await openFlags({
      file,
      dataFolder,
      table,
      implemented,
      prepare,
      lacking,
      alarmed: alarms && ((route: RouteKey) => alarms.against(route)),
      bound,
      log,
    });
    started.push(flags);
    const guard = new Guard({ flags, table, log });
    started.push(guard);
    const recorder = createThreadedRecorder({
      folder: settings.recordingsFolder,
      spool: join(dataFolder, 'recording'),
      redact: readRedaction(settings.redactionFile),
      clock: Date,
      log,
    });
    started.push(recorder);
    const legacy = tracedBackend(
      forwarders[settings.forwarder]({ name: 'legacy', url: legacyUrl, idle: settings.legacy.idle }),
      legacyUrl,
    );
    started.push(legacy);
    const continuity = await openJournal({ ...options, application }, legacy, guard, alarms, lost.resolve);
    if (continuity) started.push(continuity);
    const traffic = new Traffic();
    const asked = new Traffic();
    const metrics: Metrics = new Metrics({
      flags,
      compared: () => origin.shadow.tally.all(),
      journal: continuity && (() => continuity.size()),
      alarms: alarms && (() => alarms.all()),
      untiedCalls: options.tie && (() => options.tie?.unexplained ?? 0),
      work: continuity && application.work,
      own: application.metrics,
    });
    started.push(metrics);
    const origin = await openOrigin(
      { ...options, application },
      legacy,
      flags,
      recorder,
      continuity,
      (answered) => {
        guard.answered(answered);
        traffic.answered(answered);
        metrics.answered(answered);
      },
      (answered) => asked.answered({ ...answered, backend: 'new' }),
    );
    started.push(origin);
    const seen = { traffic, asked, metrics, tally: origin.shadow.tally, continuity };
    const operator = await openConsole(
      { ...options, application },
      flags,
      recorder,
      origin.url,
      health,
      seen,
    );
    // The origin is closed before the console, whose probes say unready while requests are finished.
    started.splice(-1, 0, operator);
    await continuity?.noteConsole(operator.url);
    health.ready = true;
    return {
      url: origin.url,
      pages: origin.pages,
      consoleUrl: operator.url,
      newConsoleToken: operator.tokenIsNew ? operator.token : undefined,
      flags,
      failed: lost.promise,
      async close(grace = 10_000) {
        health.ready = false;
        await stop(grace);
      },
    };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

const isJournaled = ({ settings, application }: GatewayOptions) =>
  settings.continuity === 'on' && application.continuity !== undefined;

/** Nothing without the setting: then the gateway needs no database. */
async function openJournal(
  options: GatewayOptions,
  legacy: Backend,
  guard: Guard,
  alarms: Alarms | undefined,
  onClaimLost: (error: BanyanError) => void,
): Promise<OpenContinuity | undefined> {
  const { settings, application, legacyUrl, tie, log } = options;
  const ground = application.continuity;
  if (!isJournaled(options) || !ground) return undefined;
  return openContinuity({
    table: application.table,
    backends: { legacy, new: application.newBackend },
    db: async () => journalOf(await ground.database()),
    openSession: ground.openSession,
    saidGone: settings.takeOverFrom,
    onClaimLost,
    voidOnNew: ground.makeVoid,
    takeOver: ground.takeOver,
    folder: join(settings.dataFolder, 'continuity'),
    legacyUrl,
    ...(tie && { tie }),
    ...(alarms && { alarms }),
    onDivergence: (route) => guard.diverged(route),
    rules: application.accepted ?? [],
    secretHeaders: secretHeaders(settings.redactionFile, ground.neededHeaders ?? []),
    keepFor: settings.journalDays * 24 * 3600,
    disk: settings.disk,
    log,
  });
}

/** By their names and by the team's own list, but for those that the application's backends cannot do without. */
function secretHeaders(redactionFile: string, needed: readonly string[]): SecretHeaders {
  const own = new Set(readRedaction(redactionFile).headers);
  return { has: (name) => !needed.includes(name) && (own.has(name) || isSecretHeader(name)) };
}

function openOrigin(
  { settings, application, legacyUrl, log }: GatewayOptions,
  legacy: Backend,
  flags: FlagStore,
  recorder: Recorder,
  continuity: Continuity | undefined,
  onAnswer: (answered: Answered) => void,
  onAsked: NonNullable<ShadowOptions['onAsked']>,
): Promise<PublicOrigin> {
  return openPublicOrigin({
    ...settings.gateway,
    application,
    legacy,
    legacyUrl,
    flags,
    continuity,
    onAnswer,
    shadow: { onAsked },
    recorder,
    trustedProxies: settings.trustedProxies,
    log,
  });
}

/** What the console shows besides the flags. */
interface Seen {
  traffic: Traffic;
  /** Of what `new` was asked beside legacy. */
  asked: Traffic;
  metrics: Metrics;
  tally: Tally;
  continuity: OpenContinuity | undefined;
}

function openConsole(
  { settings, application, log }: GatewayOptions,
  store: FlagStore,
  recorder: Recorder,
  publicUrl: string,
  health: { ready: boolean },
  { traffic, asked, metrics, tally, continuity }: Seen,
): Promise<RunningConsole> {
  const { evidence, work, jobs } = application;
  const overview = {
    application: application.name,
    flagFile: settings.flagFile,
    table: application.table,
    store,
    ready: () => health.ready,
    traffic: (route: RouteKey) => traffic.of(route),
    asked: (route: RouteKey) => asked.of(route).new,
    compared: () => tally.all(),
    divergences: () => tally.divergences(),
    lacking: evidence && ((route: RouteKey) => evidence.lacking(route)),
    journal: continuity && (() => continuity.size()),
    alarms: continuity && (() => continuity.alarms.all()),
    alarmed: continuity && ((route: RouteKey) => continuity.alarms.against(route)),
    work: continuity && work,
    jobs: continuity && jobs,
    lackedByLegacy: continuity?.operator.lackedByLegacy,
  };
  return startConsole({
    ...settings.console,
    dataFolder: settings.dataFolder,
    flagFile: settings.flagFile,
    store,
    table: application.table,
    application: application.name,
    publicUrl,
    leaveBehind: continuity?.operator.leaveBehind,
    alarms: overview.alarms,
    health: { ready: () => health.ready },
    metrics,
    extensions: [
      overviewRoutes(overview),
      recorderRoutes(recorder),
      journalRoutes({ operator: continuity?.operator, tally, store }),
      alarmRoutes({ alarms: continuity?.alarms, store }),
      completionRoutes({ ...overview, dataFolder: settings.dataFolder, store }),
      ...(application.importFiles ? [importRoutes(application.importFiles, log)] : []),
    ],
    log,
  });
}
