/**
 * The stored times that a side shows of its entities, from the route that lists them all. A caller who asks during a reading gets
 * the next one, so that a hundred replays at once cost two readings.
 */
import { decodeString, parseJson } from '@banyan/compare/json/parse.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import { findAll, memberOf } from '../json/splice.ts';
import { type OwnedField, ownedCounts, ownedTimes } from '../names/owned-fields.ts';
import type { TimePair } from '../names/time-memory.ts';
import { keyOf } from '../protocol/keys.ts';
import type { Sides } from './sides.ts';

export interface ShownTime {
  field: string;
  value: string;
}

/** By key; of one entity in the order of the answer. `raw`: as legacy has them, not as clients are shown them. */
export type TimesByKey = ReadonlyMap<string, readonly ShownTime[]>;

interface Reading {
  shown: TimesByKey;
  raw: TimesByKey;
  counts: CountsByKey;
}

/** The numbers that a side shows of its entities: by key, then by the name of the member. */
export type CountsByKey = ReadonlyMap<string, Readonly<Record<string, number>>>;

export class ShownTimes {
  readonly #sides: Sides;
  readonly #listing: { route: Route; times: OwnedField[]; counts: OwnedField[] } | undefined;
  readonly #running: Partial<Record<BackendName, Promise<unknown>>> = {};
  readonly #next: Partial<Record<BackendName, Promise<Reading>>> = {};

  constructor(sides: Sides) {
    this.#sides = sides;
    const listings = sides.table.routes.flatMap((route) => {
      const times = ownedTimes(route);
      return route.method === 'GET' && !route.path.includes(':') && times.length > 0
        ? [{ route, times, counts: ownedCounts(route) }]
        : [];
    });
    [this.#listing] = listings.sort((a, b) => b.times.length - a.times.length);
  }

  /** Whether the times of such a key are listed anywhere. */
  lists(key: string): boolean {
    return this.#listing?.times.some(({ owner }) => key.startsWith(`${owner.kind}:`)) ?? false;
  }

  /** Whether any numbers are listed that a side counts itself. */
  get listsCounts(): boolean {
    return (this.#listing?.counts.length ?? 0) > 0;
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
    if (!this.#listing) return { shown: new Map(), raw: new Map(), counts: new Map() };
    const { route, times, counts } = this.#listing;
    const { shown, raw } = await this.#sides.read(side, route.key, {});
    const reading = {
      shown: this.#timesIn(times, shown.body, 'new'),
      raw: this.#timesIn(times, raw.body, side),
      counts: this.#countsIn(counts, shown.body),
    };
    const kind = route.elements?.kind;
    if (side === 'legacy' && kind !== undefined) this.#sides.sightings.saw(kind, reading.raw.keys(), false);
    return reading;
  }

  /**
   * The times of what a write has made, where its answer has all that will be listed of it.
   * @param named whose ids it has; `new` has the public ones
   */
  inAnswer(route: Route, body: Uint8Array, named: BackendName): TimesByKey | undefined {
    if (route.probe?.shows !== 'element-added' || !this.#listing) return undefined;
    const times = ownedTimes(route);
    const isTold = ({ owner, field, steps }: OwnedField) =>
      steps.length > owner.depth + 1 ||
      times.some((told) => told.owner.kind === owner.kind && told.field === field);
    return this.#listing.times.every(isTold) ? this.#timesIn(times, body, named) : undefined;
  }

  #timesIn(times: readonly OwnedField[], body: Uint8Array, named: BackendName): TimesByKey {
    const byKey = new Map<string, ShownTime[]>();
    for (const { kind, id, field, value } of valuesIn(times, body)) {
      const text = value.kind === 'string' ? decodeString(value.lexeme) : undefined;
      if (text === undefined) continue;
      const key = keyOf(kind, named === 'legacy' ? this.#sides.names.ids.publicOf(kind, id) : id);
      const times = byKey.get(key);
      if (times) times.push({ field, value: text });
      else byKey.set(key, [{ field, value: text }]);
    }
    return byKey;
  }

  /** @param body in public ids */
  #countsIn(counts: readonly OwnedField[], body: Uint8Array): CountsByKey {
    const byKey = new Map<string, Record<string, number>>();
    if (counts.length === 0) return byKey;
    for (const { kind, id, field, value } of valuesIn(counts, body)) {
      if (value.kind !== 'number') continue;
      const key = keyOf(kind, id);
      byKey.set(key, { ...byKey.get(key), [field]: Number(value.lexeme) });
    }
    return byKey;
  }
}

/** The values at such places, each with the entity that it belongs to. */
function valuesIn(fields: readonly OwnedField[], body: Uint8Array) {
  const root = parseJson(Buffer.from(body).toString('latin1'))?.value;
  if (!root) return [];
  return fields.flatMap(({ steps, field, owner }) =>
    findAll(root, steps).flatMap(({ value, ancestors }) => {
      const id = memberOf(ancestors[owner.depth], owner.member);
      return id === undefined ? [] : [{ kind: owner.kind, id, field, value }];
    }),
  );
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
