/**
 * The background jobs that some writes begin on both sides, such as reading a document: how a side is asked for it, and
 * what it shows of its end. The new backend says how the work is doing; legacy may never say it, and then its lists do.
 */
import type { BackendName, Route, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../../journal/entries.ts';
import { parseBody } from '../../json/parse-body.ts';
import type { Expected } from '../../probe/findings.ts';
import { alikeEnded, endedAt } from '../../probe/listed.ts';
import { type Known, keyOf, valuesOf } from '../../protocol/keys.ts';
import { readPlace } from '../../protocol/places.ts';
import type { Sides } from '../../sides/sides.ts';
import { answerOf, knownOf } from '../../writes/entry-content.ts';

export interface Begun {
  route: Route & Required<Pick<Route, 'polling'>>;
  params: Record<string, string>;
  /** The key of the work: `job:…`. */
  key: string;
}

/** Some of legacy's failures leave no sign: an end is presumed after this at the earliest, in milliseconds. */
export const presumed = 60_000;

/** Where the side that served it lists what an entry has begun, once it has ended. */
export async function placeAmongEnded(entry: Entry, sides: Sides): Promise<number | undefined> {
  const { probe } = sides.routeOf(entry.route);
  if (probe?.shows !== 'element-added') return undefined;
  const known = knownOf(entry, sides);
  const { shown } = await sides.read(entry.side, probe.read, known.params);
  return shown.status < 400 ? endedAt(probe, parseBody(shown.body), known) : undefined;
}

/**
 * What a side shows of some work. `perhaps`: it is said to go on, but legacy says that for good of work that it has lost track of,
 * and of the failures among that work it shows nothing. `unknown`: the side knows nothing of it, or no longer.
 */
export type End =
  | { is: 'under way' | 'perhaps' | 'unknown' }
  /** `at`: as the side writes times; undefined where it does not say when. */
  | { is: 'ended'; hasSucceeded: boolean; at?: string | undefined };

/** What the side that served an entry shows of what the entry has begun. */
export async function endOf(entry: Entry, sides: Sides): Promise<End> {
  const begun = begunBy(sides.routeOf(entry.route), { params: {}, answer: answerOf(entry) }, sides.table);
  if (!begun) return { is: 'unknown' };
  return endOn(entry.side, begun, { entry, sides, before: entry.expected as Expected | undefined });
}

/** @param before what the side showed before the write was sent there */
export async function endOn(
  side: BackendName,
  { route, params }: Begun,
  { entry, sides, before }: { entry: Entry; sides: Sides; before: Expected | undefined },
): Promise<End> {
  const { shown } = await sides.read(side, route.key, params);
  if (shown.status >= 400) return { is: 'unknown' };
  const body = parseBody(shown.body);
  const { at, until, ended, underWay } = route.polling;
  const state = String(readPlace(body, at)[0]);
  const [time] = ended === undefined ? [] : readPlace(body, ended);
  if (typeof time === 'string' || until.includes(state))
    return {
      is: 'ended',
      hasSucceeded: state === until[0],
      ...(typeof time === 'string' && { at: time }),
    };
  if (underWay?.includes(state)) return { is: 'under way' };
  return (await isListedAsEnded(side, entry, { sides, before }))
    ? { is: 'ended', hasSucceeded: true }
    : { is: 'perhaps' };
}

/** Legacy loses track of some jobs, and says for good that they are queued: then only a side's list shows the end. */
export async function isListedAsEnded(
  side: BackendName,
  entry: Entry,
  { sides, before }: { sides: Sides; before: Expected | undefined },
): Promise<boolean> {
  const { probe } = sides.routeOf(entry.route);
  if (probe?.shows !== 'element-added') return false;
  const known = knownOf(entry, sides);
  const { shown } = await sides.read(side, probe.read, known.params);
  const endedBefore = before && 'count' in before ? (before.ended ?? 0) : 0;
  return shown.status < 400 && alikeEnded(probe, parseBody(shown.body), known) > endedBefore;
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
    if (found && id !== undefined)
      return { route: found.route, params: { [found.parameter]: id }, key: keyOf(kind, id) };
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
