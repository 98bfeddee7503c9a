/** Everything at a glance, for the console's page and `banyan status --watch`: `GET /overview`, and `GET /events` as it changes. */

import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Alarm } from '../continuity/alarms/alarm.ts';
import type { JournalSize } from '../continuity/journal/size.ts';
import { newServes, newsShare } from '../continuity/protocol/roles.ts';
import {
  type Compared,
  type Divergence,
  type NotCompared,
  whyNotCompared,
} from '../continuity/shadow/tally.ts';
import type { KindProgress } from '../continuity/sync/progress.ts';
import type { AuditEntry, Guards, UnwrittenFlags } from '../flags/model.ts';
import type { FlagStore } from '../flags/store.ts';
import { type BlockedGuard, guardName } from '../guards/guard.ts';
import type { Lately, RouteTraffic } from '../metrics/traffic.ts';
import type { WaitingJob, WorkSize } from '../work.ts';
import { type RouteStatus, routeStatuses } from './status.ts';

export interface OverviewOptions {
  application: string;
  flagFile: string;
  table: RouteTable;
  store: Pick<FlagStore, 'current' | 'faults' | 'unrecorded' | 'unwritten' | 'history'>;
  ready: () => boolean;
  traffic: (route: RouteKey) => RouteTraffic;
  /** How `new` did as it was asked beside legacy, in mode `shadow`. */
  asked?: (route: RouteKey) => Lately | undefined;
  compared: () => readonly Compared[];
  divergences: () => readonly Divergence[];
  /** Why a route may not be flipped; undefined where it may, or where nobody asks for evidence. */
  lacking?: ((route: RouteKey) => string | undefined) | undefined;
  /** What backends do that the route table does not describe. */
  alarms?: (() => readonly Alarm[]) | undefined;
  /** Which alarm speaks against letting `new` serve a route; undefined if none does. */
  alarmed?: ((route: RouteKey) => string | undefined) | undefined;
  /** Guards that would act and cannot. */
  blocked?: (() => readonly BlockedGuard[]) | undefined;
  journal?: (() => Promise<JournalSize>) | undefined;
  /** How the first sync is doing. */
  sync?: (() => readonly KindProgress[]) | undefined;
  work?: (() => Promise<WorkSize>) | undefined;
  jobs?: (() => Promise<WaitingJob[]>) | undefined;
}

export interface RouteOverview extends RouteStatus {
  /** Of the last minute. */
  traffic: RouteTraffic;
  /** The same of `new` where it was asked beside legacy, and no client had its answers; null: it was not. */
  asked: Lately | null;
  /** Answers of both that were compared: reads in `shadow`, and replayed writes. */
  compared: number;
  divergences: number;
  /** Answers that were not compared, by the reason in words: what comes after "because". */
  notCompared: { count: number; why: string }[];
  /** What is lacking; null: it is proven. */
  evidence: string | null;
  /** Which alarm speaks against letting `new` serve it; null: none. */
  alarm: string | null;
}

export interface Overview {
  application: string;
  ready: boolean;
  epoch: number;
  flagFile: string;
  faults: FlagStore['faults'];
  alarms: readonly Alarm[];
  unrecorded: number;
  /** What is in force and not in the flag file, because it could not be written; null: the file says all of it. */
  unwritten: UnwrittenFlags | null;
  guards: Guards | null;
  blockedGuards: readonly BlockedGuard[];
  /** Routes that are where their guard has rolled them back to; `why` is undefined where the history is longer than what is read. */
  actedGuards: { route: RouteKey; since: string; why: string | undefined }[];
  routes: RouteOverview[];
  /** Routes of which every client is answered by `new`. */
  onNew: number;
  /** `share`: of its routes' traffic that `new` serves, from 0 to 1, a canary in part. */
  phases: { name: string; routes: number; onNew: number; share: number }[];
  /** Null: there is none, or it cannot be asked. */
  journal: JournalSize | null;
  /** The first sync, by kind; empty: nothing is journaled. */
  sync: readonly KindProgress[];
  work: WorkSize | null;
  /** What waits for workers or is worked on, the oldest first. */
  jobs: WaitingJob[];
  history: AuditEntry[];
  divergences: readonly Divergence[];
}

/** Milliseconds from one look to the next while anybody watches. */
const pace = 1000;
/** For which evidence is not read again. */
const evidenceFor = 10_000;

/** To be mounted behind the console's token. */
export function overviewRoutes(options: OverviewOptions): Hono {
  const evidence = rememberedEvidence(options.lacking);
  const look = shared(() => overviewOf(options, evidence));
  return new Hono()
    .get('/overview', async (c) => c.json(await look()))
    .get('/events', (c) =>
      streamSSE(c, async (stream) => {
        let before = '';
        while (!stream.aborted && !stream.closed) {
          const now = JSON.stringify(await look());
          // A comment keeps proxies from taking a quiet stream for a dead one.
          if (now !== before) await stream.writeSSE({ event: 'overview', data: now });
          else await stream.write(': \n\n');
          before = now;
          await stream.sleep(pace);
        }
      }),
    );
}

async function overviewOf(
  options: OverviewOptions,
  evidence: (route: RouteKey) => string | null,
): Promise<Overview> {
  const { application, flagFile, table, store, traffic, compared } = options;
  const [journal, work, jobs, history] = await Promise.all([
    options.journal?.().catch(() => null),
    options.work?.().catch(() => null),
    options.jobs?.().catch(() => []),
    store.history({ limit: 200 }),
  ]);
  const tally = new Map(compared().map((each) => [each.route, each]));
  const routes = routeStatuses(table, store.current).map((status) => {
    const { matched = 0, accepted = 0, divergent = 0, notCompared = {} } = tally.get(status.route) ?? {};
    return {
      ...status,
      traffic: traffic(status.route),
      asked: options.asked?.(status.route) ?? null,
      compared: matched + accepted + divergent,
      divergences: divergent,
      notCompared: inWords(notCompared),
      evidence: evidence(status.route),
      alarm: options.alarmed?.(status.route) ?? null,
    };
  });
  const shares = new Map(routes.map(({ route, mode }) => [route, newsShare(mode)]));
  const sharesOf = (of: readonly RouteKey[]) => of.map((route) => shares.get(route) ?? 0);
  return {
    application,
    flagFile,
    routes,
    history: history.slice(0, 20),
    ready: options.ready(),
    epoch: store.current.epoch,
    faults: store.faults,
    alarms: options.alarms?.() ?? [],
    unrecorded: store.unrecorded,
    unwritten: store.unwritten ?? null,
    guards: store.current.guards ?? null,
    blockedGuards: options.blocked?.() ?? [],
    actedGuards: routes.flatMap(({ route, by, since }) => {
      if (by !== guardName) return [];
      const entry = history.find((change) => change.route === route && change.time === since);
      return [{ route, since, why: entry?.why }];
    }),
    onNew: routes.filter(({ mode }) => newServes(mode)).length,
    phases: [...store.current.phases].map(([name, of]) => ({
      name,
      routes: of.length,
      onNew: sharesOf(of).filter((share) => share === 1).length,
      share: sharesOf(of).reduce((sum, share) => sum + share, 0) / Math.max(1, of.length),
    })),
    journal: journal ?? null,
    sync: options.sync?.() ?? [],
    work: work ?? null,
    jobs: jobs ?? [],
    divergences: options.divergences().slice(0, 20),
  };
}

const inWords = (notCompared: Compared['notCompared']) =>
  Object.entries(notCompared).map(([why, count]) => ({ count, why: whyNotCompared[why as NotCompared] }));

function rememberedEvidence(lacking: OverviewOptions['lacking']): (route: RouteKey) => string | null {
  const known = new Map<RouteKey, { at: number; says: string | null }>();
  return (route) => {
    const found = known.get(route);
    if (found && performance.now() - found.at < evidenceFor) return found.says;
    const says = lacking?.(route) ?? null;
    known.set(route, { at: performance.now(), says });
    return says;
  };
}

/** All who watch share a look, for half the pace at which they look. */
function shared<T>(look: () => Promise<T>): () => Promise<T> {
  let [looked, looking] = [0, undefined as Promise<T> | undefined];
  return () => {
    if (!looking || performance.now() - looked > pace / 2) {
      looked = performance.now();
      looking = look();
    }
    return looking;
  };
}
