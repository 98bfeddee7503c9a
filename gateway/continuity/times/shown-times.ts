/**
 * The stored times that a side shows of its entities: from the route that lists them all. Whoever asks while a reading is
 * under way gets the next one, so that a hundred replays at once cost two readings.
 */
import { decodeString, parseJson } from '../../../compare/json/parse.ts';
import type { BackendName, Route } from '../../../contract/route-table.ts';
import { memberOf } from '../json/public-answer.ts';
import { findAll } from '../json/splice.ts';
import { keyOf, kindOf } from '../keys/keys.ts';
import type { Sides } from '../sides/sides.ts';
import type { TimePair } from './memory.ts';
import { type OwnedTime, ownedTimes } from './places.ts';

export interface ShownTime {
  field: string;
  value: string;
}

/** By key; of one entity in the order of the answer. `raw`: as legacy has them, not as clients are shown them. */
export type TimesByKey = ReadonlyMap<string, readonly ShownTime[]>;

interface Reading {
  shown: TimesByKey;
  raw: TimesByKey;
}

export class ShownTimes {
  readonly #sides: Sides;
  readonly #listing: { route: Route; times: OwnedTime[] } | undefined;
  readonly #running: Partial<Record<BackendName, Promise<unknown>>> = {};
  readonly #next: Partial<Record<BackendName, Promise<Reading>>> = {};

  constructor(sides: Sides) {
    this.#sides = sides;
    const listings = sides.table.routes.flatMap((route) => {
      const times = ownedTimes(route);
      return route.method === 'GET' && !route.path.includes(':') && times.length > 0
        ? [{ route, times }]
        : [];
    });
    [this.#listing] = listings.sort((a, b) => b.times.length - a.times.length);
  }

  /** Whether the times of such a key are listed anywhere. */
  lists(key: string): boolean {
    return this.#listing?.times.some(({ owner }) => key.startsWith(`${owner.kind}:`)) ?? false;
  }

  /** What a side shows now, or a moment from now. @throws BanyanError where it cannot be asked */
  read(side: BackendName): Promise<Reading> {
    const waiting = this.#next[side];
    if (waiting) return waiting;
    const before = this.#running[side] ?? Promise.resolve();
    const next = before.then(() => {
      delete this.#next[side];
      const reading = this.#read(side);
      this.#running[side] = reading.catch(() => undefined);
      return reading;
    });
    this.#next[side] = next;
    return next;
  }

  async #read(side: BackendName): Promise<Reading> {
    if (!this.#listing) return { shown: new Map(), raw: new Map() };
    const { route, times } = this.#listing;
    const { shown, raw } = await this.#sides.read(side, route.key, {});
    return { shown: this.#timesIn(times, shown.body, 'new'), raw: this.#timesIn(times, raw.body, side) };
  }

  /**
   * The times of what a write has made, where its answer has all that will be listed of it.
   * @param named whose ids it has; `new` has the public ones
   */
  inAnswer(route: Route, body: Uint8Array, named: BackendName): TimesByKey | undefined {
    if (route.probe?.shows !== 'element-added' || !this.#listing) return undefined;
    const times = ownedTimes(route);
    const isTold = ({ owner, field, steps }: OwnedTime) =>
      steps.length > owner.depth + 1 ||
      times.some((told) => told.owner.kind === owner.kind && told.field === field);
    return this.#listing.times.every(isTold) ? this.#timesIn(times, body, named) : undefined;
  }

  #timesIn(times: readonly OwnedTime[], body: Uint8Array, named: BackendName): TimesByKey {
    const keyFor = (kind: string, id: string) =>
      keyOf(kind, named === 'legacy' ? this.#sides.names.ids.publicOf(kind, id) : id);
    const byKey = new Map<string, ShownTime[]>();
    const root = parseJson(Buffer.from(body).toString('latin1'))?.value;
    if (!root) return byKey;
    for (const { steps, field, owner } of times)
      for (const { value, ancestors } of findAll(root, steps)) {
        const id = memberOf(ancestors[owner.depth], owner.member);
        const text = value.kind === 'string' ? decodeString(value.lexeme) : undefined;
        if (id === undefined || text === undefined) continue;
        const key = keyFor(owner.kind, id);
        const times = byKey.get(key);
        if (times) times.push({ field, value: text });
        else byKey.set(key, [{ field, value: text }]);
      }
    return byKey;
  }
}

/**
 * What to remember of an entity: a side's times that clients know by others. Nothing where the two show different numbers of
 * times: then something is still under way, and what comes after it is remembered.
 */
export function timePairs(key: string, own: readonly ShownTime[], shown: readonly ShownTime[]): TimePair[] {
  if (own.length !== shown.length || own.some(({ field }, i) => field !== shown[i]?.field)) return [];
  return own.flatMap(({ field, value }, i) => {
    const publicValue = shown[i]?.value ?? value;
    return publicValue === value ? [] : [{ key, field, value, publicValue }];
  });
}

/** The keys of entities, of all the keys of an entry. */
export const entityKeys = (keys: readonly string[]) =>
  keys.filter((key) => !key.startsWith('list:') && kindOf(key) !== '');
