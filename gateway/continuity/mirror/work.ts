/**
 * What some writes begin, and what goes on by itself on both sides, as the reading of a document: how it is asked for, and what
 * a side shows of its end. `new` says how it is doing; legacy may never say it, and then its lists do.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendName, Route, RouteTable } from '../../../contract/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import { parseBody, readPlace } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';
import { endedAt } from '../probe/probe.ts';
import type { Sides } from '../sides/sides.ts';
import { answerOf, knownOf } from '../writes/made.ts';

export interface Begun {
  route: Route & Required<Pick<Route, 'polling'>>;
  params: Record<string, string>;
}

/** Legacy's failures make no sign: one is presumed after this at the earliest, in milliseconds. */
export const presumed = 60_000;
/** Between two looks at how it is doing. */
export const between = 200;

/** Where the side that served it lists what an entry has begun, once it has ended. */
export async function placeAmongEnded(entry: Entry, sides: Sides): Promise<number | undefined> {
  const { probe } = sides.routeOf(entry.route);
  if (probe?.shows !== 'element-added') return undefined;
  const known = knownOf(entry, sides);
  const { shown } = await sides.read(entry.side, probe.read, known.params);
  return shown.status < 400 ? endedAt(probe, parseBody(shown.body), known) : undefined;
}

/**
 * Whether what an entry has begun has ended on the side that served it, and when. Legacy loses hold of some jobs, and says for
 * good that they are queued: then only its list shows the end. What a side has forgotten is unknown.
 */
export async function endOf(
  entry: Entry,
  sides: Sides,
): Promise<'under way' | 'ended' | 'unknown' | { at: string }> {
  const begun = begunBy(sides.routeOf(entry.route), { params: {}, answer: answerOf(entry) }, sides.table);
  if (!begun) return 'unknown';
  const { shown } = await sides.read(entry.side, begun.route.key, begun.params);
  if (shown.status >= 400) return 'unknown';
  const body = parseBody(shown.body);
  const { at, until, ended } = begun.route.polling;
  const [time] = ended === undefined ? [] : readPlace(body, ended);
  if (typeof time === 'string') return { at: time };
  if (until.includes(String(readPlace(body, at)[0]))) return 'ended';
  return (await placeAmongEnded(entry, sides)) === undefined ? 'under way' : 'ended';
}

/** The routes whose writes begin something. */
export const beginnersOf = (table: RouteTable): string[] =>
  table.routes.flatMap((route) => (beginsWork(route, table) ? [route.key] : []));

/** Whether a route's answer names something that another route tells the state of. */
export const beginsWork = (route: Route, table: RouteTable) =>
  route.ids.some(({ kind, role }) => role === 'made' && stateRouteOf(kind, table) !== undefined);

/** What the answer names, and how its state is asked for. */
export function begunBy(route: Route, known: Known, table: RouteTable): Begun | undefined {
  for (const { kind, role, place } of route.ids) {
    const found = role === 'made' ? stateRouteOf(kind, table) : undefined;
    const [id] = found ? valuesOf(place, known) : [];
    if (found && id !== undefined) return { route: found.route, params: { [found.parameter]: id } };
  }
  return undefined;
}

/** The route that tells the state of things of a kind, and its parameter that names one. */
function stateRouteOf(
  kind: string,
  table: RouteTable,
): { route: Begun['route']; parameter: string } | undefined {
  for (const candidate of table.routes) {
    const [key] = candidate.keys;
    if (!candidate.polling || !key || !('one' in key) || key.one !== kind || key.named.in !== 'path')
      continue;
    return { route: { ...candidate, polling: candidate.polling }, parameter: key.named.name };
  }
  return undefined;
}

const stateOf = async (side: BackendName, { route, params }: Begun, sides: Sides) => {
  const { shown } = await sides.read(side, route.key, params);
  return shown.status < 400 ? readPlace(parseBody(shown.body), route.polling.at)[0] : undefined;
};

/** @returns the state in which it ended; undefined where nothing is known of it */
export async function endOn(
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
export async function hasSucceeded(begun: Begun, sides: Sides): Promise<boolean> {
  return (await stateOf('new', begun, sides)) === begun.route.polling.until[0];
}
