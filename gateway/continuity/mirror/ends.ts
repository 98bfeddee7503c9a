/**
 * Writes that only begin something, which goes on by itself on both sides: they are lag until both show its end. `new` says
 * how it is doing; legacy may never say it, but the entity that it works for gets one more time, as of a document.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendName, Route, RouteTable } from '../../../contract/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import { parseBody, readPlace } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';
import type { Sides } from '../sides/sides.ts';
import { entityKeys, type ShownTimes } from '../times/shown-times.ts';

interface Begun {
  route: Route & Required<Pick<Route, 'polling'>>;
  params: Record<string, string>;
}

/** Legacy's failures make no sign: one is presumed after this, or after five times as long as `new` took, in milliseconds. */
const presumed = 60_000;
const between = 200;

/**
 * To be called before the replay is sent.
 * @returns what waits for the end on both sides; undefined where such a write ends with its answer
 */
export async function watchEnd(
  entry: Entry,
  side: BackendName,
  known: Known,
  { sides, times }: { sides: Sides; times: ShownTimes },
): Promise<((signal: AbortSignal) => Promise<void>) | undefined> {
  const begun = begunBy(sides.routeOf(entry.route), known, sides.table);
  if (!begun) return undefined;
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  const count = async (of: BackendName) => {
    const { raw } = await times.read(of);
    return keys.reduce((sum, key) => sum + (raw.get(key)?.length ?? 0), 0);
  };
  // What an earlier attempt has sent may have ended meanwhile; what is shown then does not get more.
  const before = side === 'legacy' && entry.mirror === 'owed' ? await count('legacy') : undefined;
  return async (signal) => {
    const began = performance.now();
    const verdict = await endOn('new', begun, sides, signal);
    const patience = Math.max(presumed, 5 * (performance.now() - began));
    // Where `new` could not make anything of it, legacy cannot either.
    if (verdict === undefined || !(await hasSucceeded(begun, sides))) return;
    const wanted = before === undefined ? await count('new') : before + 1;
    while (performance.now() - began < patience) {
      if ((await count('legacy')) >= wanted) return;
      await pause(between, undefined, { signal });
    }
  };
}

/** What the answer names and another route tells the state of. */
function begunBy(route: Route, known: Known, table: RouteTable): Begun | undefined {
  for (const { kind, role, place } of route.ids) {
    if (role !== 'made') continue;
    const [id] = valuesOf(place, known);
    if (id === undefined) continue;
    for (const candidate of table.routes) {
      const [key] = candidate.keys;
      if (!candidate.polling || !key || !('one' in key) || key.one !== kind || key.named.in !== 'path')
        continue;
      const { polling } = candidate;
      return { route: { ...candidate, polling }, params: { [key.named.name]: id } };
    }
  }
  return undefined;
}

const stateOf = async (side: BackendName, { route, params }: Begun, sides: Sides) => {
  const { shown } = await sides.read(side, route.key, params);
  return shown.status < 400 ? readPlace(parseBody(shown.body), route.polling.at)[0] : undefined;
};

/** @returns the state in which it ended; undefined where nothing is known of it */
async function endOn(
  side: BackendName,
  begun: Begun,
  sides: Sides,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (;;) {
    const state = await stateOf(side, begun, sides);
    if (typeof state !== 'string') return undefined;
    if (begun.route.polling.until.includes(state)) return state;
    await pause(between, undefined, { signal });
  }
}

/** The first of the states that end it is the good one. */
async function hasSucceeded(begun: Begun, sides: Sides): Promise<boolean> {
  return (await stateOf('new', begun, sides)) === begun.route.polling.until[0];
}
