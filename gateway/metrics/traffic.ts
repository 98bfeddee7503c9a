/** What went through lately, route by route and backend by backend: for the console's page and `banyan status`. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Answered } from '../guards/guard.ts';
import { Window } from '../guards/window.ts';

/** Milliseconds that are looked back at. */
const lately = 60_000;

export interface Lately {
  /** Requests a second. */
  rate: number;
  /** Share of answers that were 5xx or none, from 0 to 1. */
  errors: number;
  /** Milliseconds until the head was there; undefined without answers. */
  p50: number | undefined;
  p99: number | undefined;
}

export type RouteTraffic = Partial<Record<BackendName, Lately>>;

export class Traffic {
  readonly #windows = new Map<string, Window>();
  readonly #clock: () => number;
  readonly #begun: number;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#begun = clock();
  }

  answered({
    key,
    backend,
    status,
    milliseconds,
  }: Pick<Answered, 'key' | 'backend' | 'status' | 'milliseconds'>): void {
    if (backend === 'gateway' || status === undefined) return;
    const name = `${backend} ${key}`;
    let window = this.#windows.get(name);
    if (!window) {
      window = new Window();
      this.#windows.set(name, window);
    }
    window.answer(this.#clock(), lately, milliseconds, status >= 500 ? String(status) : undefined);
  }

  of(key: RouteKey): RouteTraffic {
    const found: RouteTraffic = {};
    for (const backend of ['legacy', 'new'] as const) {
      const seen = this.#windows.get(`${backend} ${key}`)?.seen(this.#clock(), lately);
      if (!seen || seen.answers === 0) continue;
      const seconds = Math.max(1, Math.min(lately, this.#clock() - this.#begun) / 1000);
      const bad = [...seen.bad.values()].reduce((sum, count) => sum + count, 0);
      found[backend] = {
        rate: seen.answers / seconds,
        errors: bad / seen.answers,
        p50: seen.durations.within(0.5),
        p99: seen.durations.within(0.99),
      };
    }
    return found;
  }
}
