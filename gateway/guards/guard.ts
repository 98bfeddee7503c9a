/**
 * Rolls a route back by itself where what `new` answers is bad: it looks at each answer that a client got, and at each
 * comparison. It only ever rolls back, and a route that was rolled back begins anew, so nothing flaps.
 */
import type { BackendName, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Mode } from '../continuity/protocol/modes.ts';
import { letsNewServe } from '../continuity/protocol/roles.ts';
import type { Guards } from '../flags/model.ts';
import type { FlagStore } from '../flags/store.ts';
import type { Logger } from '../log.ts';
import { type AskedRequest, isForeseen } from './foreseen.ts';
import { Durations, type Seen, Window } from './window.ts';

export interface Answered {
  key: RouteKey;
  backend: BackendName | 'gateway';
  /** Undefined: the client went away before there was one. */
  status: number | undefined;
  /** Of the catalogue. */
  fault?: string | undefined;
  /** Until the head was there. */
  milliseconds: number;
  /** How long it waited until a side could have it, in milliseconds; undefined where that is not asked. */
  held?: number | undefined;
  /** Made where it is needed. */
  asked(): AskedRequest;
}

export interface GuardOptions {
  flags: Pick<FlagStore, 'current' | 'rollback'>;
  table: RouteTable;
  log: Pick<Logger, 'warn' | 'error'>;
  /** Milliseconds. */
  clock?: () => number;
}

/** Faults of a backend's, and what a person calls them. */
const faults: Readonly<Record<string, string>> = {
  backend_unreachable: '502',
  backend_failed: '502',
  backend_timeout: '504',
  gateway_fault: 'no answer',
};

/** A breach is looked for at most this often where nothing bad happens, in milliseconds. */
const pace = 1000;
/** What a rollback that failed waits for. */
const retryAfter = 2000;
/** Legacy's own durations: enough to know, and the newer count for more. */
const manyDurations = 2000;
/** Nobody notices less, in milliseconds. */
const leastLatency = 250;

interface State {
  mode: Mode;
  since: string;
  window: Window;
  judged: number;
  isRollingBack: boolean;
}

export class Guard {
  readonly #options: Required<GuardOptions>;
  readonly #routes: ReadonlyMap<RouteKey, Route>;
  readonly #states = new Map<RouteKey, State>();
  readonly #legacy = new Map<RouteKey, Durations>();
  readonly #rolling = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#options = { clock: () => performance.now(), ...options };
    this.#routes = new Map(options.table.routes.map((route) => [route.key, route]));
  }

  /** A client has an answer, or none. */
  answered(answered: Answered): void {
    const { key, backend, milliseconds, status } = answered;
    if (status === undefined || backend === 'gateway') return;
    const duration = this.#isSentInParts(key) ? undefined : milliseconds;
    if (backend === 'legacy') this.#keepLegacy(key, duration);
    const { guards } = this.#options.flags.current;
    const state = guards && backend === 'new' ? this.#stateOf(key) : undefined;
    if (!guards || !state) return;
    const now = this.#options.clock();
    const bad = this.#badness(answered, status);
    state.window.answer(now, guards.window, duration, bad);
    if (bad !== undefined || now - state.judged >= pace) this.#judge(key, state, guards);
  }

  /** Two answers of the backends were not the same; or the other one would not take a write. */
  diverged(key: RouteKey): void {
    const { guards } = this.#options.flags.current;
    const state = guards && this.#stateOf(key);
    if (!guards || !state) return;
    state.window.divergence(this.#options.clock(), guards.window);
    this.#judge(key, state, guards);
  }

  /** Resolves once no rollback is under way. */
  async idle(): Promise<void> {
    while (this.#rolling.size > 0) await Promise.all(this.#rolling);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.idle();
  }

  /** How long it takes is the client's doing too. */
  #isSentInParts(key: RouteKey): boolean {
    return this.#routes.get(key)?.body === 'multipart';
  }

  #keepLegacy(key: RouteKey, milliseconds: number | undefined): void {
    if (milliseconds === undefined) return;
    let durations = this.#legacy.get(key);
    if (!durations) {
      durations = new Durations();
      this.#legacy.set(key, durations);
    }
    if (durations.total >= manyDurations) durations.fade();
    durations.add(milliseconds);
  }

  /** @returns undefined where `new` serves nothing, or where there is no way back */
  #stateOf(key: RouteKey): State | undefined {
    const { mode = 'legacy', since = '' } = this.#options.flags.current.routes.get(key) ?? {};
    let state = this.#states.get(key);
    // Whoever flips it anew begins anew.
    if (state?.mode !== mode || state.since !== since) {
      state = { mode, since, window: new Window(), judged: 0, isRollingBack: false };
      this.#states.set(key, state);
    }
    return letsNewServe(mode) && mode !== 'complete' ? state : undefined;
  }

  #badness({ key, fault, asked }: Answered, status: number): string | undefined {
    if (fault !== undefined) return faults[fault];
    if (status < 500) return undefined;
    const route = this.#routes.get(key);
    return route && isForeseen(route, status, asked()) ? undefined : String(status);
  }

  #judge(key: RouteKey, state: State, guards: Guards): void {
    if (state.isRollingBack || this.#isClosed) return;
    const now = this.#options.clock();
    state.judged = now;
    const breach = breachOf(state.window.seen(now, guards.window), guards, this.#legacy.get(key));
    if (breach === undefined) return;
    state.isRollingBack = true;
    const rolling = this.#rollBack(key, state, breach).finally(() => this.#rolling.delete(rolling));
    this.#rolling.add(rolling);
  }

  async #rollBack(key: RouteKey, state: State, breach: string): Promise<void> {
    const { flags, log } = this.#options;
    try {
      await flags.rollback({ target: key, who: 'guard', why: breach, how: 'guard' });
      log.warn({ route: key, breach }, `${key} was rolled back by its guard: ${breach}`);
    } catch (error) {
      log.error({ route: key, breach, err: error }, `${key} could not be rolled back by its guard`);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        state.isRollingBack = false;
        const { guards } = flags.current;
        if (guards && this.#states.get(key) === state) this.#judge(key, state, guards);
      }, retryAfter);
      this.#timers.add(timer);
    }
  }
}

/** What is more than the guards bear, as a sentence. */
function breachOf(seen: Seen, guards: Guards, legacy: Durations | undefined): string | undefined {
  const seconds = `in ${guards.window / 1000} s`;
  if (seen.divergences > guards.divergences)
    return `${counted(seen.divergences, 'divergence')} from legacy ${seconds}, more than ${guards.divergences}`;
  if (seen.answers < guards.sample) return undefined;
  const bad = [...seen.bad.values()].reduce((sum, count) => sum + count, 0);
  if (bad > 0 && bad / seen.answers > guards.errors) {
    const reasons = [...seen.bad].map(([reason, count]) => `${count} × ${reason}`).join(', ');
    return `${bad} of ${seen.answers} answers bad ${seconds} (${reasons}), more than ${percent(guards.errors)}`;
  }
  const limit = latencyLimit(guards, legacy);
  const taken = seen.durations.total < guards.sample ? 0 : seen.durations.within(0.95);
  if (limit !== undefined && taken > limit)
    return `95 of 100 answers within ${Math.round(taken)} ms ${seconds}, more than ${Math.round(limit)} ms`;
  return undefined;
}

function latencyLimit({ latency, sample }: Guards, legacy: Durations | undefined): number | undefined {
  if (!latency) return undefined;
  if ('milliseconds' in latency) return latency.milliseconds;
  // What legacy takes is not known yet.
  if (!legacy || legacy.total < sample) return undefined;
  return Math.max(leastLatency, latency.times * legacy.within(0.95));
}

const percent = (share: number) => `${Math.round(share * 1000) / 10}%`;
const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
