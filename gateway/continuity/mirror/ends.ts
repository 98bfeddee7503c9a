/**
 * Writes that only begin something, which goes on by itself on both sides: they are lag until both show its end. `new` says
 * how it is doing; legacy may never say it, but the entity that it works for gets one more time, as of a document.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendName, Route, RouteTable } from '../../../contract/route-table.ts';
import { type Entry, loadEntry } from '../journal/entries.ts';
import type { JournalDb } from '../journal/tables.ts';
import { parseBody, readPlace } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';
import { endedAt } from '../probe/probe.ts';
import type { Sides } from '../sides/sides.ts';
import { localTime } from '../times/local-time.ts';
import { entityKeys, type ShownTimes } from '../times/shown-times.ts';
import { requestOf } from '../writes/made.ts';
import { takePlaces } from './overlaps.ts';

interface Begun {
  route: Route & Required<Pick<Route, 'polling'>>;
  params: Record<string, string>;
}

/** Legacy's failures make no sign: one is presumed after this, or after five times as long as `new` took, in milliseconds. */
const presumed = 60_000;
const between = 200;

/** Waits for the end on both sides. @param answer of the replay, where there is one: it may be all that names the work */
export type UntilEnd = (answer: unknown, signal: AbortSignal) => Promise<void>;

/**
 * To be called before the replay is sent.
 * @returns undefined where such a write ends with its answer
 */
export async function watchEnd(
  entry: Entry,
  side: BackendName,
  known: Known,
  { sides, times }: { sides: Sides; times: ShownTimes },
): Promise<UntilEnd | undefined> {
  const route = sides.routeOf(entry.route);
  if (!beginsWork(route, sides.table)) return undefined;
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  const count = async (of: BackendName) => {
    const { raw } = await times.read(of);
    return keys.reduce((sum, key) => sum + (raw.get(key)?.length ?? 0), 0);
  };
  // What an earlier attempt has sent may have ended meanwhile; what is shown then does not get more.
  const before = side === 'legacy' && entry.mirror === 'owed' ? await count('legacy') : undefined;
  return async (answer, signal) => {
    // Of a write whose answer nobody has seen, `new` has just made up the name itself.
    const named = side === 'new' && !entry.answer ? { ...known, answer } : known;
    const begun = begunBy(route, named, sides.table);
    if (!begun) return;
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

/**
 * What goes on at once in one entity ends in an order of its own, in which clients are shown it: the other side is given it in
 * that order. Waits for the end on the side that served it, as far as that shows it.
 * @returns whether it is this entry's turn; otherwise another one has its place now
 */
export async function isNextToEnd(
  db: JournalDb,
  entry: Entry,
  sides: Sides,
  signal: AbortSignal,
): Promise<boolean> {
  if (!beginsWork(sides.routeOf(entry.route), sides.table)) return true;
  const began = performance.now();
  while ((await endOf(entry, sides)) === 'under way' && performance.now() - began < presumed)
    await pause(between, undefined, { signal });
  const own = await placeAmongEnded(entry, sides);
  if (own === undefined) return true;
  const { place, others } = await owedAfter(db, entry, sides.table);
  let first: { id: string; place: string; at: number } | undefined;
  for (const other of others) {
    const later = await loadEntry(db, other.id);
    const at = later && (await placeAmongEnded(later, sides));
    if (at !== undefined && at < (first?.at ?? own)) first = { ...other, at };
  }
  if (!first) return true;
  await takePlaces(db, [{ id: entry.id, place }, first], [first.id, entry.id]);
  return false;
}

/** Where the side that served it lists what an entry has begun, once it has ended. */
async function placeAmongEnded(entry: Entry, sides: Sides): Promise<number | undefined> {
  const { probe } = sides.routeOf(entry.route);
  if (probe?.shows !== 'element-added') return undefined;
  const known = knownOf(entry, sides);
  const { shown } = await sides.read(entry.side, probe.read, known.params);
  return shown.status < 400 ? endedAt(probe, parseBody(shown.body), known) : undefined;
}

const knownOf = (entry: Entry, sides: Sides): Known => ({
  params: sides.paramsOf(entry.request.target),
  request: requestOf(sides.routeOf(entry.route), entry),
  answer: answerOf(entry),
});

/**
 * Entries of the same entities that begin such work too, served by the same side, and not given to the other one yet; up to
 * one that takes something away, as what comes after that may be of the same name.
 */
async function owedAfter(
  db: JournalDb,
  { id, side, keys }: Entry,
  table: RouteTable,
): Promise<{ place: string; others: { id: string; place: string }[] }> {
  const { place } = await db
    .selectFrom('entries')
    .select('place')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.place', 'e.route'])
    .distinct()
    .where('k.key', 'in', entityKeys(keys))
    .where('e.side', '=', side)
    .where('e.mirror', '=', 'owed')
    .where('e.pinned', 'is', false)
    .where('e.place', '>', place)
    .orderBy('e.place')
    .execute();
  const shows = (key: string) => table.routes.find((route) => route.key === key)?.probe?.shows;
  const end = rows.findIndex(({ route }) => shows(route) === 'element-gone');
  const beginners = new Set(beginnersOf(table));
  const others = rows.slice(0, end < 0 ? undefined : end).filter(({ route }) => beginners.has(route));
  return { place: place ?? '', others: others.map((row) => ({ id: row.id, place: row.place ?? '' })) };
}

/**
 * Whether something that an earlier write had begun was still going on, on the side that served them both, when an entry was
 * admitted: then what that side knew is a matter of the moment, and the other one may have known more.
 */
export async function wasBesideWork(db: JournalDb, entry: Entry, sides: Sides): Promise<boolean> {
  const beginners = beginnersOf(sides.table);
  const keys = entityKeys(entry.keys);
  if (beginners.length === 0 || keys.length === 0) return false;
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('e.id')
    .distinct()
    .where('k.key', 'in', keys)
    .where('e.side', '=', entry.side)
    .where('e.state', '=', 'settled')
    .where('e.id', '!=', entry.id)
    .where('e.admitted_at', '<=', entry.admittedAt)
    .where('e.route', 'in', beginners)
    .execute();
  for (const { id } of rows) {
    const begun = await loadEntry(db, id);
    if (begun && (await wasUnderWay(begun, entry.admittedAt, sides))) return true;
  }
  return false;
}

/** Two clocks: the database's, and that of a backend. In milliseconds. */
const tolerance = 250;

async function wasUnderWay(entry: Entry, at: Date, sides: Sides): Promise<boolean> {
  const end = await endOf(entry, sides);
  if (end === 'under way') return true;
  if (end === 'ended') return at.getTime() < entry.admittedAt.getTime() + presumed;
  return end !== 'unknown' && end.at >= localTime(at.getTime() - tolerance);
}

const answerOf = ({ answer, learned }: Entry): unknown => (answer ? parseBody(answer.body) : learned);

/**
 * Whether what an entry has begun has ended on the side that served it, and when. Legacy loses hold of some jobs, and says for
 * good that they are queued: then only its list shows the end. What a side has forgotten is unknown.
 */
async function endOf(
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

const beginnersOf = (table: RouteTable): string[] =>
  table.routes.flatMap((route) => (beginsWork(route, table) ? [route.key] : []));

/** Whether a route's answer names something that another route tells the state of. */
const beginsWork = (route: Route, table: RouteTable) =>
  route.ids.some(({ kind, role }) => role === 'made' && stateRouteOf(kind, table) !== undefined);

/** What the answer names, and how its state is asked for. */
function begunBy(route: Route, known: Known, table: RouteTable): Begun | undefined {
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
