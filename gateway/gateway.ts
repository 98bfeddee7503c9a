/** Puts a gateway together and runs it: flags, recorder, public origin, console. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Closers, closedOnFailure } from '@banyan/operations/closers.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Backend } from './backends/backend.ts';
import { httpBackend } from './backends/http/http-backend.ts';
import { tracedBackend } from './backends/traced.ts';
import { completionNote } from './console/completion.ts';
import { Alarms } from './continuity/alarms/alarms.ts';
import { alarmFile } from './continuity/alarms/stored.ts';
import { boundWithoutJournal } from './continuity/bound.ts';
import type { OpenContinuity } from './continuity/continuity.ts';
import { Tally } from './continuity/shadow/tally.ts';
import type { BanyanError } from './errors.ts';
import { openFlags } from './flags/live-store.ts';
import type { FlagStore } from './flags/store.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { type Answered, Guard } from './guards/guard.ts';
import { journalChoice } from './journal-choice.ts';
import { Metrics } from './metrics/metrics.ts';
import { Traffic } from './metrics/traffic.ts';
import { openConsole } from './open-console.ts';
import { isJournaled, openJournal } from './open-journal.ts';
import { openPublicOrigin } from './public-origin.ts';
import { readRedaction } from './record/redaction/redaction-file.ts';
import { createThreadedRecorder } from './record/threaded/threaded-recorder.ts';
import type { Settings } from './settings.ts';

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

/** What a start waits for the first sync at most, and then for the first look at what was written directly on legacy, in milliseconds. */
const firstLook = 1000;

/** @throws BanyanError where the flag file cannot be used or a port is taken; what was started is stopped then */
export const startGateway = (options: GatewayOptions): Promise<RunningGateway> =>
  closedOnFailure((closers) => start(options, closers));

async function start(given: GatewayOptions, closers: Closers): Promise<RunningGateway> {
  const application = { ...given.application, newBackend: tracedBackend(given.application.newBackend) };
  const options = { ...given, application };
  const { settings, legacyUrl, log } = options;
  const { table } = application;
  const end = { grace: 0 };
  const keep = <Part extends { close(grace: number): unknown }>(part: Part): Part => {
    closers.defer(() => part.close(end.grace));
    return part;
  };
  const health = { ready: false };
  const lost = Promise.withResolvers<BanyanError>();
  void lost.promise.then(() => {
    health.ready = false;
  });

  keep(application.newBackend);
  // A gateway that finds another one in its way ends before it has done anything.
  if (isJournaled(options)) await application.continuity?.database();
  // The flag store asks for them at the start: what was written into its file meanwhile is refused as a flip is.
  const alarms = isJournaled(options)
    ? new Alarms({ table, file: alarmFile(settings.dataFolder), log })
    : undefined;
  // The journal is opened later, as it needs the flags.
  const opened: { continuity?: OpenContinuity | undefined } = {};
  // Of an installation that was completed, legacy may be gone.
  const isCompleted = existsSync(completionNote(settings.dataFolder));
  const uncompared = (route: RouteKey) => {
    if (opened.continuity) return opened.continuity.diffs.against(route);
    return isCompleted ? undefined : 'The two backends cannot be compared yet.';
  };
  const legacyBack = {
    blocked: () => opened.continuity?.incarnations().blocked ?? undefined,
    insisted: async () => opened.continuity?.giveBackToLegacy('a flip towards it was forced'),
  };
  const flags = keep(
    await openFlags({
      ...flagOptions(options, alarms),
      ...(isJournaled(options) && { uncompared, legacyBack }),
    }),
  );
  const guard = keep(new Guard({ flags, table, forbids: () => legacyBack.blocked(), log }));
  const recorder = keep(createThreadedRecorder(recorderOptions(options)));
  const legacy = keep(tracedBackend(await forwarderTo(legacyUrl, settings), legacyUrl));
  const continuity = await openJournal(options, { legacy, flags, guard, alarms, onClaimLost: lost.resolve });
  if (continuity) keep(continuity);
  opened.continuity = continuity;
  // Where there is little to bring, or nothing, a flip takes effect with the first request.
  await continuity?.sync.lookedWithin(firstLook);
  await continuity?.audit.lookedWithin(firstLook);
  const tally = continuity?.shadowGround.tally ?? new Tally();
  const [traffic, asked] = [new Traffic(), new Traffic()];
  const metrics = keep(
    new Metrics({
      flags,
      blocked: () => guard.blocked(),
      compared: () => tally.all(),
      journal: continuity && (() => continuity.size()),
      sync: continuity && (() => continuity.sync.progress()),
      audit: continuity && (() => continuity.audit.state),
      alarms: alarms && (() => alarms.all()),
      untiedCalls: options.tie && (() => options.tie?.unexplained ?? 0),
      diffs: continuity?.diffs,
      work: continuity && application.work,
      own: application.metrics,
    }),
  );
  // The origin is closed before the console, whose probes say unready while requests are finished.
  const behindOrigin = closers.use(new Closers());
  const origin = keep(
    await openPublicOrigin({
      ...settings.gateway,
      application,
      legacy,
      legacyUrl,
      flags,
      recorder,
      continuity,
      trustedProxies: settings.trustedProxies,
      shadow: { tally, onAsked: (answered) => asked.answered({ ...answered, backend: 'new' }) },
      onAnswer(answered: Answered) {
        guard.answered(answered);
        traffic.answered(answered);
        metrics.answered(answered);
      },
      log,
    }),
  );
  const operator = await openConsole(options, {
    flags,
    guard,
    recorder,
    publicUrl: origin.url,
    health,
    traffic,
    asked,
    metrics,
    tally,
    continuity,
  });
  behindOrigin.defer(() => operator.close());
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
      end.grace = grace;
      await closers.close();
    },
  };
}

function flagOptions(
  { settings, application, log }: GatewayOptions,
  alarms: Alarms | undefined,
): Parameters<typeof openFlags>[0] {
  const { table, implemented, prepare, evidence } = application;
  return {
    file: settings.flagFile,
    dataFolder: settings.dataFolder,
    table,
    implemented,
    prepare,
    lacking: evidence && ((route: RouteKey) => evidence.lacking(route)),
    alarmed: alarms && ((route: RouteKey) => alarms.against(route)),
    bound: boundWithoutJournal(journalChoice(settings.continuity, application)),
    log,
  };
}

const recorderOptions = ({ settings, log }: GatewayOptions) => ({
  folder: settings.recordingsFolder,
  spool: join(settings.dataFolder, 'recording'),
  redact: readRedaction(settings.redactionFile),
  clock: Date,
  log,
});

/** What carries requests to legacy, as the settings say. */
async function forwarderTo(url: string, { forwarder, legacy: { idle } }: Settings): Promise<Backend> {
  const options = { name: 'legacy' as const, url, idle };
  if (forwarder === 'http') return httpBackend(options);
  const { hpmBackend } = await import('./backends/http-proxy-middleware/hpm-backend.ts');
  return hpmBackend(options);
}
