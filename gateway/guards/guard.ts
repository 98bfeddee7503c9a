/**
 * Rolls a route back by itself where what `new` answers is bad: it looks at each answer that a client got, and at each
 * comparison. It only ever rolls back, and a route that was rolled back begins anew, so nothing flaps.
 */
import type { BackendName, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Mode } from '../continuity/protocol/modes.ts';
import { letsNewServe } from '../continuity/protocol/roles.ts';
import { BanyanError } from '../errors.ts';
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
  /** The backend may lack something of what it was asked for: its answer says nothing of how well it works. */
  lacksSome?: boolean | undefined;
  /** Made where it is needed. */
  asked(): AskedRequest;
}

/** A guard that would roll a route back, and cannot. */
export interface BlockedGuard {
  route: RouteKey;
  /** What is more than the guard bears, as a sentence. */
  breach: string;
  /** Why it cannot act, and what to do: sentences. */
  reason: string;
  /** ISO 8601, UTC. */
  since: string;
}

export interface GuardOptions {
  flags: Pick<FlagStore, 'current' | 'rollback'>;
  table: RouteTable;
  /** Why legacy must not be given a route's clients now, as a sentence; undefined if it may. Always unless told. */
  forbids?: ((route: RouteKey) => string | undefined) | undefined;
  log: Pick<Logger, 'warn' | 'error'>;
  /** Milliseconds. */
  clock?: () => number;
  /** What a guard that cannot act waits for until it tries again, in milliseconds. */
  retryAfter?: number;
}

/** Who has changed a route, in the audit log. */
export const guardName = 'guard';

/** Faults of a backend's, and what a person calls them. */
const faults: Readonly<Record<string, string>> = {
  backend_unreachable: '502',
  backend_failed: '502',
  backend_timeout: '504',
  gateway_fault: 'no answer',
};

/** A breach is looked for at most this often where nothing bad happens, in milliseconds. */
const pace = 1000;
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
  blocked?: BlockedGuard | undefined;
}

export class Guard {
  readonly #options: Required<Omit<GuardOptions, 'forbids'>> & Pick<GuardOptions, 'forbids'>;
  readonly #routes: ReadonlyMap<RouteKey, Route>;
  readonly #states = new Map<RouteKey, State>();
  readonly #legacy = new Map<RouteKey, Durations>();
  readonly #rolling = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(options: GuardOptions) {
    this.#options = {
      clock: () => performance.now(),
      retryAfter: 2000,
      ...options,
    };
    this.#routes = new Map(options.table.routes.map((route) => [route.key, route]));
  }

  /** A client has an answer, or none. What a side answers that lacks something is no fault of its own. */
  answered(answered: Answered): void {
    const { key, backend, milliseconds, held = 0, lacksSome, status } = answered;
    if (status === undefined || backend === 'gateway' || lacksSome) return;
    // To wait for the other side's writes is not this side's doing.
    const duration = this.#isSentInParts(key) ? undefined : milliseconds - held;
    if (backend === 'legacy') this.#keepLegacy(key, duration);
    const { guards } = this.#options.flags.current;
    if (!guards || backend !== 'new') return;
    const state = this.#stateOf(key);
    const now = this.#options.clock();
    const bad = this.#badness(answered, status);
    state.window.answer(now, guards.window, duration, bad);
    if (bad !== undefined || now - state.judged >= pace) this.#judge(key, state, guards);
  }

  /** Two answers of the backends were not the same; or the other one would not take a write. */
  diverged(key: RouteKey): void {
    const { guards } = this.#options.flags.current;
    const state = this.#stateOf(key);
    if (!guards || !canGoBack(state.mode)) return;
    state.window.divergence(this.#options.clock(), guards.window);
    this.#judge(key, state, guards);
  }

  /** Guards that would act and cannot, as it is now. */
  blocked(): BlockedGuard[] {
    const { guards } = this.#options.flags.current;
    return [...this.#states].flatMap(([key, { blocked }]) => {
      if (!blocked) return [];
      const state = this.#stateOf(key);
      if (!guards || this.#breachOf(key, state, guards) === undefined) state.blocked = undefined;
      return state.blocked ?? [];
    });
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

  #stateOf(key: RouteKey): State {
    const { mode = 'legacy', since = '' } = this.#options.flags.current.routes.get(key) ?? {};
    let state = this.#states.get(key);
    // Whoever flips it anew begins anew.
    if (state?.mode !== mode || state.since !== since) {
      state = { mode, since, window: new Window(), judged: 0, isRollingBack: false };
      this.#states.set(key, state);
    }
    return state;
  }

  #badness({ key, fault, asked }: Answered, status: number): string | undefined {
    if (fault !== undefined) return faults[fault];
    if (status < 500) return undefined;
    const route = this.#routes.get(key);
    return route && isForeseen(route, status, asked()) ? undefined : String(status);
  }

  #judge(key: RouteKey, state: State, guards: Guards): void {
    if (state.isRollingBack || this.#isClosed) return;
    state.judged = this.#options.clock();
    const breach = this.#breachOf(key, state, guards);
    if (breach === undefined) state.blocked = undefined;
    else this.#act(key, state, breach);
  }

  #breachOf(key: RouteKey, { window }: State, guards: Guards): string | undefined {
    return breachOf(window.seen(this.#options.clock(), guards.window), guards, this.#legacy.get(key));
  }

  #act(key: RouteKey, state: State, breach: string): void {
    if (canGoBack(state.mode)) {
      const rolling = this.#rollBack(key, state, breach).finally(() => this.#rolling.delete(rolling));
      this.#rolling.add(rolling);
    } else this.#block(key, state, breach, whyNotBack(state.mode));
  }

  async #rollBack(key: RouteKey, state: State, breach: string): Promise<void> {
    const { flags, log, forbids } = this.#options;
    state.isRollingBack = true;
    try {
      const forbidden = forbids?.(key);
      if (forbidden !== undefined) return this.#blockForNow(key, state, breach, forbidden);
      await flags.rollback({ target: key, who: guardName, why: breach, how: 'guard' });
      log.warn({ route: key, breach }, `${key} was rolled back by its guard: ${breach}`);
    } catch (error) {
      this.#blockForNow(key, state, breach, reasonOf(error), error);
    }
  }

  /** Said once in the log, however often it is tried. */
  #block(key: RouteKey, state: State, breach: string, reason: string, err?: unknown): void {
    const { blocked } = state;
    const since = blocked?.since ?? new Date().toISOString();
    state.blocked = { route: key, breach, reason, since };
    if (blocked?.reason !== reason)
      this.#options.log.error(
        { route: key, breach, ...(err !== undefined && { err }) },
        `the guard of ${key} would roll it back (${breach}) and cannot: ${reason}`,
      );
  }

  /** The cause may go away, so it is tried again. */
  #blockForNow(key: RouteKey, state: State, breach: string, reason: string, err?: unknown): void {
    this.#block(key, state, breach, reason, err);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      state.isRollingBack = false;
      const { guards } = this.#options.flags.current;
      if (guards && this.#states.get(key) === state) this.#judge(key, state, guards);
    }, this.#options.retryAfter);
    this.#timers.add(timer);
  }
}

const canGoBack = (mode: Mode) => letsNewServe(mode) && mode !== 'complete';

/** Why a guard can do nothing about a route that `new` serves in such a mode. */
const whyNotBack = (mode: Mode) =>
  mode === 'complete'
    ? 'the route is complete: legacy has not been given its writes since, so there is no way back. Mend the new backend.'
    : `the route is ${mode} already, and the new backend answers where legacy has not been given everything. \`npx banyan journal\` shows what is stuck.`;

const reasonOf = (error: unknown) =>
  error instanceof BanyanError ? `${error.message} ${error.advice}` : (error as Error).message;

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
