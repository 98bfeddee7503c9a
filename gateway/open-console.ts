/** The operator's console, with everything that it shows of a gateway. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { alarmRoutes } from './console/alarm-routes.ts';
import { completionRoutes } from './console/completion.ts';
import { configurationRoutes } from './console/configuration.ts';
import { type RunningConsole, startConsole } from './console/console.ts';
import { diffRoutes } from './console/diff-routes.ts';
import { importRoutes } from './console/import-routes.ts';
import { journalRoutes } from './console/journal-routes.ts';
import { legacyRoutes } from './console/legacy-routes.ts';
import { type OverviewOptions, overviewRoutes } from './console/overview.ts';
import { previewRoutes } from './console/preview-routes.ts';
import { recorderRoutes } from './console/recorder-routes.ts';
import { syncRoutes } from './console/sync-routes.ts';
import type { OpenContinuity } from './continuity/continuity.ts';
import type { Tally } from './continuity/shadow/tally.ts';
import type { FlagStore } from './flags/store.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { Guard } from './guards/guard.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Traffic } from './metrics/traffic.ts';
import type { Recorder } from './record/recorder.ts';

export interface ShownParts {
  flags: FlagStore;
  guard: Guard;
  recorder: Recorder;
  publicUrl: string;
  health: { readonly ready: boolean };
  traffic: Traffic;
  /** Of what `new` was asked beside legacy. */
  asked: Traffic;
  metrics: Metrics;
  tally: Tally;
  continuity: OpenContinuity | undefined;
}

export function openConsole(
  { settings, application, legacyUrl, log }: GatewayOptions,
  parts: ShownParts,
): Promise<RunningConsole> {
  const { flags: store, recorder, publicUrl, health, metrics, tally, continuity } = parts;
  const { dataFolder, flagFile } = settings;
  const { name, table, importFiles } = application;
  const overview = overviewOf({ settings, application }, parts);
  return startConsole({
    ...settings.console,
    dataFolder,
    flagFile,
    store,
    table,
    application: name,
    publicUrl,
    atOnce: continuity?.operator.atOnce,
    alarms: overview.alarms,
    blocked: overview.blocked,
    health: { ready: () => health.ready },
    metrics,
    extensions: [
      overviewRoutes(overview),
      previewRoutes(() => ({
        table,
        plan: (asked) => store.plan(asked),
        faults: store.faults,
        unwritten: store.unwritten?.routes,
        isRunning: true,
        lackedBy: continuity?.operator.lackedBy,
        lostByLegacy: continuity?.operator.lostByLegacy,
        compared: () => tally.all(),
        sync: overview.sync,
      })),
      configurationRoutes({ settings, table, store, publicUrl, legacyUrl, journal: overview.journal }),
      recorderRoutes(recorder),
      journalRoutes({ operator: continuity?.operator, tally, store }),
      syncRoutes(continuity?.sync),
      legacyRoutes(continuity, store),
      alarmRoutes({ alarms: continuity?.alarms, store }),
      completionRoutes({
        table,
        store,
        dataFolder,
        journal: overview.journal,
        alarms: overview.alarms,
        work: overview.work,
        uncompared: continuity && ((route: RouteKey) => continuity.diffs.against(route)),
      }),
      diffRoutes(continuity?.diffs),
      ...(importFiles ? [importRoutes(importFiles, log)] : []),
    ],
    log,
  });
}

function overviewOf(
  { settings, application }: Pick<GatewayOptions, 'settings' | 'application'>,
  { flags: store, guard, health, traffic, asked, tally, continuity }: ShownParts,
): OverviewOptions {
  const { name, table, evidence, work, jobs } = application;
  return {
    application: name,
    flagFile: settings.flagFile,
    table,
    store,
    ready: () => health.ready,
    traffic: (route: RouteKey) => traffic.of(route),
    asked: (route: RouteKey) => asked.of(route).new,
    compared: () => tally.all(),
    divergences: () => tally.divergences(),
    lacking: evidence && ((route: RouteKey) => evidence.lacking(route)),
    blocked: () => guard.blocked(),
    journal: continuity && (() => continuity.size()),
    sync: continuity && (() => continuity.sync.progress()),
    alarms: continuity && (() => continuity.alarms.all()),
    alarmed: continuity && ((route: RouteKey) => continuity.alarms.against(route)),
    work: continuity && work,
    jobs: continuity && jobs,
  };
}
