/**
 * Alarms on routes: what a backend does that the route table does not describe, so that a flip would lose or mix up data. An
 * alarm is logged once, shown until it is lifted, and keeps routes from being flipped to `new`.
 */
import type { BackendName, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Logger } from '../../log.ts';
import {
  type Alarm,
  type AlarmCode,
  declarationOf,
  type Sighting,
  type StoredAlarm,
  shownAlarm,
} from './alarm.ts';
import { objection, readAlarms, writeAlarms } from './stored.ts';

export interface AlarmsOptions {
  table: RouteTable;
  /** Where they outlive the gateway; in memory alone if it is left out. */
  file?: string | undefined;
  log: Pick<Logger, 'warn' | 'info' | 'error'>;
}

/** Milliseconds between two writes of mere counts. */
const pace = 1000;

export class Alarms {
  readonly #options: AlarmsOptions;
  readonly #alarms = new Map<string, StoredAlarm>();
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AlarmsOptions) {
    this.#options = options;
    const { file, table, log } = options;
    const found = file === undefined ? { alarms: [], outdated: [] } : readAlarms(file, table);
    for (const alarm of found.alarms) {
      this.#alarms.set(keyOf(alarm.route, alarm.code), alarm);
      log.warn({ route: alarm.route, alarm: alarm.code, since: alarm.since }, 'the alarm still stands');
    }
    for (const { route, code } of found.outdated)
      log.info(
        { route, alarm: code },
        'the alarm is over: the route table declares the route differently now',
      );
    if (found.outdated.length > 0) this.#store();
  }

  /** Logged the first time only. Of a route that the table does not have nothing is raised. */
  raise(route: RouteKey, code: AlarmCode, { example, kind, madeBy }: Sighting): void {
    const { table, log } = this.#options;
    const row = table.routes.find(({ key }) => key === route);
    if (!row) return;
    const now = new Date().toISOString();
    const before = this.#alarms.get(keyOf(route, code));
    const base = before ?? { route, code, since: now, count: 0, kinds: [], madeBy: [] };
    const alarm: StoredAlarm = {
      ...base,
      last: now,
      count: base.count + 1,
      example,
      kinds: withOne(base.kinds, kind),
      madeBy: withOne(base.madeBy, madeBy),
      declared: declarationOf(row),
    };
    this.#alarms.set(keyOf(route, code), alarm);
    const isMore = alarm.kinds.length > base.kinds.length || alarm.madeBy.length > base.madeBy.length;
    if (before && !isMore) this.#storeSoon();
    else this.#store();
    if (before) return;
    const { what, do: advice } = shownAlarm(alarm);
    log.error({ route, alarm: code, example, do: advice }, `alarm: ${route}: ${what}`);
  }

  /** Those that stand, by route in the order of the table. */
  all(): Alarm[] {
    const { routes } = this.#options.table;
    const placeOf = ({ route }: StoredAlarm) => routes.findIndex(({ key }) => key === route);
    return [...this.#alarms.values()].sort((a, b) => placeOf(a) - placeOf(b)).map(shownAlarm);
  }

  /** Why `new` may not come to serve a route, as a sentence; undefined if no alarm speaks against it. */
  against(route: RouteKey): string | undefined {
    return objection(this.#alarms.values(), this.#options.table, route);
  }

  stands(route: RouteKey, code: AlarmCode): boolean {
    return this.#alarms.has(keyOf(route, code));
  }

  /** Whether ids of a kind are known not to fit, on any route. */
  isUnsupported(kind: string): boolean {
    return [...this.#alarms.values()].some(({ kinds }) => kinds.includes(kind));
  }

  /** Whether a backend is known to make up ids on a route that do not fit. */
  makesUnsupported(route: RouteKey, backend: BackendName): boolean {
    return this.#alarms.get(keyOf(route, 'unsupported_id'))?.madeBy.includes(backend) ?? false;
  }

  /** A person says that the cause is gone. @returns what stood */
  async lift(route: RouteKey): Promise<Alarm[]> {
    const lifted = [...this.#alarms.values()].filter((alarm) => alarm.route === route);
    for (const { code } of lifted) this.#alarms.delete(keyOf(route, code));
    if (lifted.length === 0) return [];
    this.#store();
    await this.#writing;
    return lifted.map(shownAlarm);
  }

  async close(): Promise<void> {
    if (this.#timer) this.#store();
    await this.#writing;
  }

  #storeSoon(): void {
    this.#timer ??= setTimeout(() => this.#store(), pace).unref();
  }

  #store(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { file, log } = this.#options;
    if (file === undefined) return;
    this.#writing = this.#writing
      .then(() => writeAlarms(file, [...this.#alarms.values()]))
      .catch((error: unknown) => log.error({ err: error }, 'the alarms could not be written to the disk'));
  }
}

const keyOf = (route: RouteKey, code: AlarmCode) => `${code} ${route}`;

const withOne = <Value>(all: readonly Value[], one: Value | undefined): Value[] =>
  one === undefined || all.includes(one) ? [...all] : [...all, one];
