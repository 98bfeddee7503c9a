/**
 * The gateway's metrics, for Prometheus: OpenTelemetry's names and buckets, routes as templates. What is known elsewhere
 * (flags, comparisons, the journal) is looked at when it is asked for; a request costs one histogram that is found by its labels.
 */

import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { Counter, type Gauge, Histogram, Registry } from 'prom-client';
import { type Alarm, alarmCodes } from '../continuity/alarms/alarm.ts';
import type { AuditState } from '../continuity/audit/state.ts';
import type { Diffs } from '../continuity/diff/diffs.ts';
import type { JournalSize } from '../continuity/journal/size.ts';
import { type ModeName, modeNames, nameOf } from '../continuity/protocol/modes.ts';
import type { Compared } from '../continuity/shadow/tally.ts';
import type { KindProgress } from '../continuity/sync/progress.ts';
import type { FlagsInForce, UnwrittenFlags } from '../flags/model.ts';
import { type Answered, type BlockedGuard, guardName } from '../guards/guard.ts';
import type { WorkSize } from '../work.ts';
import { Counts, registerCounted } from './counted.ts';
import { registerDiffs } from './diffs.ts';
import { lookedAt, measureProcess } from './process.ts';
import type { Registers } from './registers.ts';

export interface MetricsOptions {
  flags: { readonly current: FlagsInForce; readonly unwritten?: UnwrittenFlags | undefined };
  /** Guards that would act and cannot. */
  blocked?: (() => readonly BlockedGuard[]) | undefined;
  /** Asked at each look. */
  compared?: () => readonly Compared[];
  journal?: (() => Promise<JournalSize>) | undefined;
  /** How the first sync is doing. */
  sync?: (() => readonly KindProgress[]) | undefined;
  /** How what was written directly on legacy is looked for. */
  audit?: (() => AuditState) | undefined;
  /** Those that stand. */
  alarms?: (() => readonly Alarm[]) | undefined;
  /** How many model calls belonged to no write under way. */
  untiedCalls?: (() => number) | undefined;
  /** Comparisons of what both backends hold. */
  diffs?: Pick<Diffs, 'counts' | 'differentKeys' | 'lastClean'> | undefined;
  work?: (() => Promise<WorkSize>) | undefined;
  /** The application's own, of this process. */
  own?: Registers | undefined;
}

/** In seconds: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ */
export const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Of the time that a request is held, in seconds: none, mostly, and 5 s at most. */
const holdBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const backends: readonly Answered['backend'][] = ['legacy', 'new', 'gateway'];
/** More than there are. */
const statuses = 1000;

export class Metrics {
  readonly registry = new Registry();
  readonly #options: MetricsOptions;
  readonly #faults: Counter;
  /** Of durations, by route, and then by a number for mode, backend and status. */
  readonly #series = new Map<RouteKey, Map<number, Counts>>();
  readonly #all: Counts[] = [];
  #found: { journal?: JournalSize | undefined; work?: WorkSize | undefined } = {};
  readonly #holds: Histogram;
  readonly #end: () => void;

  constructor(options: MetricsOptions) {
    this.#options = options;
    const durations = {
      name: 'http_server_request_duration_seconds',
      help: 'Time until the head of the answer was there, by who served',
      labelNames: [
        'http_request_method',
        'http_route',
        'http_response_status_code',
        'banyan_backend',
        'banyan_mode',
      ],
    };
    registerCounted(this.registry, durations, () => this.#all.values());
    this.#faults = new Counter({
      name: 'banyan_faults_total',
      help: "Requests that ended with an error of the gateway's catalogue, or without an answer",
      labelNames: ['http_route', 'code'],
      registers: [this.registry],
    });
    this.#holds = new Histogram({
      name: 'banyan_hold_duration_seconds',
      help: 'Time that a request waited until a backend could have it',
      labelNames: ['http_route'],
      buckets: holdBuckets,
      registers: [this.registry],
    });
    this.#flags();
    this.#guards();
    this.#comparisons();
    this.#alarms();
    this.#journal();
    this.#sync();
    if (options.diffs) registerDiffs(this.registry, options.diffs);
    this.#audit();
    this.#work();
    options.own?.register(this.registry);
    this.#end = measureProcess(this.registry);
  }

  /** A client has an answer, or went away. */
  answered({ key, backend, status, fault, held, milliseconds }: Answered): void {
    if (fault !== undefined) this.#faults.inc({ http_route: key, code: fault });
    if (status === undefined) return;
    if (held !== undefined) this.#holds.observe({ http_route: key }, held / 1000);
    const mode = nameOf(this.#options.flags.current.routes.get(key)?.mode ?? 'legacy');
    this.#seriesOf(key, mode, backend, status).observe(milliseconds / 1000);
  }

  /** By numbers and by texts that are there already: to put together a name costs more than to count. */
  #seriesOf(key: RouteKey, mode: ModeName, backend: Answered['backend'], status: number): Counts {
    const kind = modeNames.indexOf(mode) * backends.length + backends.indexOf(backend);
    const byKind = at(this.#series, key, () => new Map<number, Counts>());
    return at(byKind, kind * statuses + status, () => {
      const labels = {
        ...labelsOf(key),
        http_response_status_code: String(status),
        banyan_backend: backend,
        banyan_mode: mode,
      };
      const series = new Counts(buckets, labels);
      this.#all.push(series);
      return series;
    });
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    const { journal, work } = this.#options;
    const [journalSize, workSize] = await Promise.all([
      journal?.().catch(() => undefined),
      work?.().catch(() => undefined),
    ]);
    this.#found = { journal: journalSize, work: workSize };
    return this.registry.metrics();
  }

  async close(): Promise<void> {
    this.#end();
  }

  #gauge(name: string, help: string, labelNames: readonly string[], collect: (gauge: Gauge) => void): void {
    lookedAt(this.registry, name, help, labelNames, collect);
  }

  #flags(): void {
    const { flags } = this.#options;
    this.#gauge('banyan_flags_epoch', 'The version of the flags in force', [], (gauge) =>
      gauge.set(flags.current.epoch),
    );
    this.#gauge(
      'banyan_route_mode',
      'Which mode a route is in: 1 for the one',
      ['http_route', 'banyan_mode'],
      (gauge) => {
        for (const [route, { mode }] of flags.current.routes)
          for (const name of modeNames)
            gauge.set({ http_route: route, banyan_mode: name }, nameOf(mode) === name ? 1 : 0);
      },
    );
  }

  #guards(): void {
    const { flags, blocked = () => [] } = this.#options;
    const one = (name: string, help: string, of: () => readonly RouteKey[]) =>
      this.#gauge(name, help, ['http_route'], (gauge) => {
        const those = new Set(of());
        for (const route of flags.current.routes.keys())
          gauge.set({ http_route: route }, those.has(route) ? 1 : 0);
      });
    one('banyan_guard_acted', 'Whether a route is in the mode to which its guard has rolled it back', () =>
      [...flags.current.routes].flatMap(([route, { by }]) => (by === guardName ? [route] : [])),
    );
    one('banyan_guard_blocked', 'Whether the guard of a route would roll it back and cannot', () =>
      blocked().map(({ route }) => route),
    );
    one(
      'banyan_flags_unwritten',
      'Whether a route is in a mode that the flag file does not say, as it could not be written',
      () => flags.unwritten?.routes.map(({ route }) => route) ?? [],
    );
  }

  #comparisons(): void {
    const { compared = () => [] } = this.#options;
    const skipped: Counter = new Counter({
      name: 'banyan_not_compared_total',
      help: "Answers that were not held against the other backend's, by the reason",
      labelNames: ['http_route', 'reason'],
      registers: [this.registry],
      collect() {
        skipped.reset();
        for (const { route, notCompared } of compared())
          for (const [reason, count] of Object.entries(notCompared))
            skipped.inc({ http_route: route, reason }, count);
      },
    });
    const counter: Counter = new Counter({
      name: 'banyan_comparisons_total',
      help: 'Reads that were asked of both backends, by what came of it',
      labelNames: ['http_route', 'verdict'],
      registers: [this.registry],
      collect() {
        counter.reset();
        for (const { route, matched, accepted, divergent, failed } of compared())
          for (const [verdict, count] of Object.entries({ matched, accepted, divergent, failed }))
            counter.inc({ http_route: route, verdict }, count);
      },
    });
  }

  #alarms(): void {
    const { flags, alarms, untiedCalls } = this.#options;
    if (alarms)
      this.#gauge(
        'banyan_route_alarm',
        'Whether a route has an alarm: a backend does what the route table does not describe',
        ['http_route', 'code'],
        (gauge) => {
          const standing = new Set(alarms().map(({ route, code }) => `${code} ${route}`));
          for (const route of flags.current.routes.keys())
            for (const code of alarmCodes)
              gauge.set({ http_route: route, code }, standing.has(`${code} ${route}`) ? 1 : 0);
        },
      );
    if (!untiedCalls) return;
    const counter: Counter = new Counter({
      name: 'banyan_model_calls_untied_total',
      help: 'Model calls that belonged to no write under way',
      registers: [this.registry],
      collect() {
        counter.reset();
        counter.inc(untiedCalls());
      },
    });
  }

  /** Looked at once for all of them; where it cannot be, they are missing and `banyan_journal_up` is 0. */
  #journal(): void {
    if (!this.#options.journal) return;
    const one = (name: string, help: string, of: (found: JournalSize) => number) =>
      this.#gauge(name, help, [], (gauge) => {
        if (this.#found.journal) gauge.set(of(this.#found.journal));
      });
    this.#gauge('banyan_journal_up', 'Whether the journal could be asked', [], (gauge) => {
      gauge.set(this.#found.journal ? 1 : 0);
    });
    this.#gauge(
      'banyan_journal_lag_entries',
      'Writes that a backend still has to be given',
      ['banyan_backend'],
      (gauge) => {
        for (const backend of ['legacy', 'new'] satisfies BackendName[])
          if (this.#found.journal) gauge.set({ banyan_backend: backend }, this.#found.journal.lag[backend]);
      },
    );
    one(
      'banyan_journal_lag_seconds',
      'Age of the oldest write that a backend still has to be given',
      (found) => found.oldest,
    );
    one('banyan_journal_entries', 'Writes that the journal keeps', (found) => found.entries);
    one('banyan_journal_size_bytes', 'What the journal takes on the disk', (found) => found.bytes);
    one(
      'banyan_journal_bodies_bytes',
      'What bodies of writes take on the disk beside the journal',
      (found) => found.bodies.bytes,
    );
    one('banyan_journal_bodies_limit_bytes', 'What they may take', (found) => found.bodies.most);
    one('banyan_journal_doubt_entries', 'Writes whose outcome is not known', (found) => found.doubt);
    one(
      'banyan_journal_stuck_entries',
      'Writes that a person has to look at',
      (found) => found.pinned.length,
    );
    const restarts: Counter = new Counter({
      name: 'banyan_legacy_restarts_total',
      help: 'Restarts of legacy that were seen since the journal exists',
      registers: [this.registry],
      collect: () => {
        const { legacy } = this.#found.journal ?? {};
        if (!legacy) return;
        restarts.reset();
        restarts.inc(legacy.incarnation - 1);
      },
    });
    one(
      'banyan_legacy_lacking_keys',
      'Keys of which legacy lacks something',
      (found) => found.legacy?.lacking.count ?? 0,
    );
    one('banyan_legacy_blocked', 'Whether nothing is written to legacy until a person decides', (found) =>
      found.legacy?.blocked ? 1 : 0,
    );
    one(
      'banyan_outside_conflicts',
      'Entities that were written to directly on legacy, and wait for a decision',
      ({ conflicts }) => conflicts.filter(({ kept }) => kept === null).length,
    );
    one(
      'banyan_journal_divergent_entries',
      'Writes that the backends answered otherwise',
      (found) => found.divergent,
    );
  }

  #sync(): void {
    const { sync } = this.#options;
    if (!sync) return;
    const each = (name: string, help: string, of: (kind: KindProgress) => number) =>
      this.#gauge(name, help, ['kind'], (gauge) => {
        for (const kind of sync()) gauge.set({ kind: kind.kind }, of(kind));
      });
    each('banyan_sync_ended', 'Whether the new backend has everything of a kind', ({ phase }) =>
      phase === 'ended' ? 1 : 0,
    );
    each('banyan_sync_known_entities', 'Entities that the first sync has brought', ({ known }) => known);
    each('banyan_sync_total_entities', 'Entities that legacy has', ({ total }) => total ?? 0);
    each(
      'banyan_sync_left_entities',
      'Entities that could not be brought, so that legacy serves them',
      ({ left }) => left.count,
    );
  }

  #audit(): void {
    const { audit } = this.#options;
    if (!audit) return;
    const count = (name: string, help: string, of: (state: AuditState) => number) => {
      const counter: Counter = new Counter({
        name,
        help,
        registers: [this.registry],
        collect() {
          counter.reset();
          counter.inc(of(audit()));
        },
      });
    };
    count('banyan_audit_looks_total', 'Looks at the lists of both backends', ({ looks }) => looks);
    count(
      'banyan_audit_compared_total',
      'Entities that were compared by their own reads',
      ({ compared }) => compared,
    );
    count(
      'banyan_outside_foreign_total',
      'Entities that were created directly on legacy',
      ({ foreign }) => foreign,
    );
    count(
      'banyan_outside_adopted_total',
      "Entities of which the new backend took over legacy's state",
      ({ adopted }) => adopted,
    );
    this.#gauge(
      'banyan_outside_withheld',
      'Entities that legacy lists no longer, too many at once to be deleted on the new backend',
      [],
      (gauge) => gauge.set(audit().withheld),
    );
  }

  #work(): void {
    if (!this.#options.work) return;
    this.#gauge('banyan_jobs', 'Uploads that are not taken in yet', ['status'], (gauge) => {
      const { work } = this.#found;
      if (!work) return;
      gauge.set({ status: 'queued' }, work.queued);
      gauge.set({ status: 'processing' }, work.processing);
    });
    this.#gauge(
      'banyan_reconciler_backlog_jobs',
      'Uploads that a reconciler should have brought back by now',
      ['reason'],
      (gauge) => {
        const { work } = this.#found;
        if (!work) return;
        gauge.set({ reason: 'undelivered' }, work.undelivered);
        gauge.set({ reason: 'ownerless' }, work.ownerless);
      },
    );
    this.#gauge(
      'banyan_job_age_seconds',
      'Age of the oldest upload that is not taken in yet',
      [],
      (gauge) => {
        if (this.#found.work) gauge.set(this.#found.work.oldest);
      },
    );
  }
}

function at<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

/** `GET /api/chats/:chat_id`: the method and the template; what is no route has no method of its own. */
function labelsOf(key: RouteKey): { http_request_method: string; http_route: string } {
  const method = /^([A-Z]+) \//.exec(key)?.[1];
  return { http_request_method: method ?? '_OTHER', http_route: method ? key.slice(method.length + 1) : key };
}
