/**
 * Finds out afterwards whether a backend did a write whose outcome is not known, as the route table says: from what the
 * backend shows now. A backend that does not show it is no proof that the write was not done.
 */
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { BackendName, JsonPlace, Place, Probe, Route } from '@banyan/route-table/route-table.ts';
import type { Known } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import type { Sides } from '../sides/sides.ts';
import { all, elementFits, type Fits, isNamed, valueFits, type Wanted, wantedAt } from './fits.ts';
import { type Look, listIn, type NoLook, type Shown } from './look.ts';

/** What a backend showed before the write; `unread`: why it did not show it, so that nothing can be counted afterwards. */
export type Expected =
  /**
   * Elements of the list that the write adds to; of those that are alike, where it has no id in the end. `ended`: how many of
   * those had come to their end.
   */
  { count: number; ended?: number } | { unread: string };

export interface Doubt {
  route: Route;
  /** In public ids; `answer` where the client's is known, as of a replay. */
  known: Known;
  expected: Expected | undefined;
  /** When it was sent, by this process' clock, in milliseconds. */
  sentAt: number;
  /** Ids of legacy's that are taken: by an entry of the journal. */
  isTaken(kind: string, id: string): boolean;
  /** Whether others may have written the same meanwhile: then a number that has grown says nothing. */
  isOverlapped: boolean;
}

/** The write has taken effect. `learned`: what the answer would have had, as far as the backend shows it. `id`: of what was added. */
export interface Done {
  seen: 'done';
  learned?: unknown;
  id?: string;
}

/** The backend did not show whether it did the write. */
export interface Unknown {
  seen: 'unknown';
  /** What it showed instead, for people. */
  why: string;
  /** It says that what the write is about is not there, or shows less of it than before. */
  isMissing?: boolean;
}

/** `done otherwise`: it has been done, but not as the answer that clients know says. */
export type Finding = Done | { seen: 'not done' } | { seen: 'done otherwise' } | Unknown;

const notDone: Finding = { seen: 'not done' };
const unknown = ({ why, isMissing }: NoLook): Unknown => ({
  seen: 'unknown',
  why,
  ...(isMissing && { isMissing }),
});

/** Whether something has to be known before such a write is sent, so that it can be found afterwards. */
export const isLookedAtBefore = (probe: Probe): boolean =>
  probe.shows === 'tail-added' || (probe.shows === 'element-added' && probe.ended !== undefined);

/**
 * What that is. Undefined: nothing.
 * @throws BanyanError where the backend cannot be asked
 */
export async function lookBefore(
  sides: Sides,
  side: BackendName,
  { probe }: Route,
  known: Known,
): Promise<Expected | undefined> {
  if (!probe || !isLookedAtBefore(probe)) return undefined;
  const { shown } = await sides.read(side, probe.read, known.params);
  return expectedIn(probe, { side, read: sides.routeOf(probe.read), answer: shown }, known);
}

/** What an answer to the probe's read says of the time before a write. */
export function expectedIn(probe: Probe, shown: Shown, known: Known): Expected | undefined {
  if (!isLookedAtBefore(probe)) return undefined;
  const look = listIn(shown, probe.at);
  if ('why' in look) return { unread: look.why };
  if (probe.shows !== 'element-added')
    return look.isPart ? { unread: partOf(shown) } : { count: look.list.length };
  const count = alike(probe, shown, known);
  if (typeof count !== 'number') return { unread: count.why };
  return { count, ended: alikeEnded(probe, look.body, known) };
}

/** Never throws: a backend that cannot be asked is one that did not show it. */
export async function lookAfter(sides: Sides, side: BackendName, doubt: Doubt): Promise<Finding> {
  const { probe } = doubt.route;
  if (!probe) return { seen: 'unknown', why: 'the route table has no probe for it' };
  try {
    // Ids that nobody knows are legacy's own.
    const { shown } = await sides.read(side, probe.read, doubt.known.params);
    return findIn(probe, { side, read: sides.routeOf(probe.read), answer: shown }, doubt);
  } catch (error) {
    return { seen: 'unknown', why: error instanceof Error ? error.message : String(error) };
  }
}

/** What an answer to the probe's read says of a write. */
export function findIn(probe: Probe, shown: Shown, doubt: Doubt): Finding {
  const look = listIn(shown, probe.at);
  if ('why' in look) return unknown(look);
  return findings[probe.shows](probe as never, look, doubt, shown);
}

/**
 * Whether the request has what the probe looks for: one that lacks the text that it is to store cannot have stored it. Where the
 * backend has refused such a request, nobody has to look.
 */
export function namesWhatItWrites({ probe }: Route, known: Known): boolean {
  if (!probe) return true;
  return placesOf(probe).every((place) => place.in === 'response' || wantedAt(place, known) !== undefined);
}

function placesOf(probe: Probe): Place[] {
  const places = (wanted: Wanted) => Object.values(wanted).filter((place) => place !== 'time-of-write');
  if (probe.shows === 'element-added') return places(probe.fits);
  if (probe.shows === 'tail-added') return probe.tail.flatMap(places);
  return [...places(probe.where), ...(probe.shows === 'field-set' ? [probe.to] : [])];
}

/** Where in the list of what has ended such a write's work stands. */
export function endedAt(probe: Of<'element-added'>, body: unknown, known: Known): number | undefined {
  const { ended } = probe;
  if (!ended) return undefined;
  const [list] = readPlace(body, ended.at);
  const at = Array.isArray(list) ? list.findIndex((element) => isLike(element, ended.fits, known)) : -1;
  return at < 0 ? undefined : at;
}

/** How many there are that such a write could have added, at their beginning or at their end. */
function alike(probe: Of<'element-added'>, shown: Shown, known: Known): number | NoLook {
  if (!probe.ended) return 0;
  let count = 0;
  for (const { at, fits } of [probe, probe.ended] as { at: JsonPlace; fits: Wanted }[]) {
    const look = listIn(shown, at);
    if ('why' in look) return look;
    if (look.isPart) return { why: partOf(shown) };
    const fit = look.list.map((element) => elementFits(element, fits, known, { unsaid: undefined }));
    if (fit.includes(undefined)) return { why: unlike(shown, at) };
    count += fit.filter(Boolean).length;
  }
  return count;
}

/** How many there are at their end that such a write could have added, as far as the answer shows it. */
export function alikeEnded({ ended }: Of<'element-added'>, body: unknown, known: Known): number {
  const [list] = ended ? readPlace(body, ended.at) : [];
  return ended && Array.isArray(list)
    ? list.filter((element) => isLike(element, ended.fits, known)).length
    : 0;
}

const isLike = (element: unknown, wanted: Wanted, known: Known) =>
  elementFits(element, wanted, known, { unsaid: false }) === true;

const partOf = ({ side, read }: Shown) => `${read.key} on ${side} shows only a part of the list`;
const unlike = ({ side, read }: Shown, at: JsonPlace) =>
  `${read.key} on ${side} has elements in ${at} that cannot be told from this write's: a field that the probe compares is missing, or of another kind`;

type Find<P> = (probe: P, look: Look, doubt: Doubt, shown: Shown) => Finding;
type Of<S extends Probe['shows']> = Extract<Probe, { shows: S }>;

const findings: { [S in Probe['shows']]: Find<Of<S>> } = {
  'element-added': (probe, look, doubt, shown) => {
    const kind = kindOfElement(shown.read, probe);
    const { sentAt, known } = doubt;
    let isUnclear = false;
    for (const element of look.list) {
      const [id] = readPlace(element, `$.${probe.id}`);
      if (typeof id === 'string' && doubt.isTaken(kind, id)) continue;
      const fit = elementFits(element, probe.fits, known, { sentAt, unsaid: undefined });
      if (fit === true && typeof id === 'string') return { seen: 'done', learned: element, id };
      if (fit !== false) isUnclear = true;
    }
    if (isUnclear) return { seen: 'unknown', why: unlike(shown, probe.at) };
    const ended = probe.ended && findEnded(probe, doubt, shown);
    if (ended && ended.seen !== 'not done') return ended;
    return look.isPart ? { seen: 'unknown', why: partOf(shown) } : notDone;
  },

  'tail-added': (probe, { list, isPart }, { known, expected }, shown) => {
    if (!expected || 'unread' in expected) return notCounted(expected);
    if (isPart) return { seen: 'unknown', why: partOf(shown) };
    if (list.length < expected.count) {
      const why = `${shown.read.key} on ${shown.side} shows ${list.length} elements, and had ${expected.count} before the write`;
      return { seen: 'unknown', why, isMissing: true };
    }
    // Others may have added theirs since: any run of elements after what was there before.
    const after = (of: Known) => runFits(probe, list, of).slice(expected.count);
    const at = after(known).lastIndexOf(true);
    if (at >= 0) {
      const run = list.slice(expected.count + at, expected.count + at + probe.grows);
      return { seen: 'done', learned: learnedOf(probe.tail, run) };
    }
    if (after(known).includes(undefined)) return { seen: 'unknown', why: unlike(shown, probe.at) };
    const { answer: _, ...asked } = known;
    if (known.answer !== undefined && after(asked).includes(true)) return { seen: 'done otherwise' };
    return notDone;
  },

  'field-set': (probe, { list, isPart }, { known }, shown) => {
    const fit = list.map((element) => isNamed(element, probe.where, known));
    const at = fit.indexOf(true);
    const set = at < 0 ? false : setIn(probe, list[at], known);
    if (set) return { seen: 'done' };
    if (set === undefined || (at < 0 && fit.includes(undefined)))
      return { seen: 'unknown', why: unlike(shown, probe.at) };
    return at < 0 && isPart ? { seen: 'unknown', why: partOf(shown) } : notDone;
  },

  'element-gone': ({ where, at }, { list, isPart }, { known }, shown) => {
    const fit = list.map((element) => isNamed(element, where, known));
    if (fit.includes(true)) return notDone;
    if (fit.includes(undefined)) return { seen: 'unknown', why: unlike(shown, at) };
    return isPart ? { seen: 'unknown', why: partOf(shown) } : { seen: 'done' };
  },
};

/** What the write adds may have come to its end meanwhile, and has no id any more: then there is one more of its like. */
function findEnded(
  probe: Of<'element-added'>,
  { known, expected, isOverlapped }: Doubt,
  shown: Shown,
): Finding {
  const count = alike(probe, shown, known);
  if (typeof count !== 'number') return unknown(count);
  if (!expected || 'unread' in expected) return notCounted(expected);
  if (count <= expected.count) return notDone;
  return isOverlapped
    ? {
        seen: 'unknown',
        why: `${shown.read.key} on ${shown.side} shows one more, which may be of another write`,
      }
    : { seen: 'done' };
}

const notCounted = (expected: { unread: string } | undefined): Unknown => ({
  seen: 'unknown',
  why: `what was there before the write is not known${expected ? `: ${expected.unread}` : ''}`,
});

/** Whether what such a write adds stands at each place of the list. */
function runFits({ grows, tail }: Of<'tail-added'>, list: readonly unknown[], known: Known): Fits[] {
  const fits: Fits[] = [];
  for (let at = 0; at + grows <= list.length; at += 1)
    fits.push(all(tail.map((element, i) => elementFits(list[at + i], element, known, { unsaid: false }))));
  return fits;
}

/** Where in the list the elements stand that such a write adds, each time that they do. */
export function runsOf(probe: Of<'tail-added'>, list: readonly unknown[], known: Known): number[] {
  return runFits(probe, list, known).flatMap((fits, at) => (fits ? [at] : []));
}

const setIn = ({ field, to }: Of<'field-set'>, element: unknown, known: Known): Fits =>
  wantedAt(to, known) === undefined && to.in === 'response'
    ? undefined
    : valueFits(readPlace(element, `$.${field}`)[0], to, known, false);

/** Whether the element has the value that such a write sets. */
export function shows(probe: Of<'field-set'>, list: readonly unknown[], known: Known): boolean {
  const element = list.find((candidate) => isNamed(candidate, probe.where, known));
  return element !== undefined && setIn(probe, element, known) === true;
}

/** What the elements show of the answer. */
function learnedOf(tail: Record<string, Place>[], run: unknown[]): Record<string, unknown> {
  const learned: Record<string, unknown> = {};
  for (const [i, element] of tail.entries())
    for (const [member, place] of Object.entries(element)) {
      if (place.in !== 'response') continue;
      const [name] = stepsOf(place.at);
      if (typeof name === 'string') learned[name] = readPlace(run[i], `$.${member}`)[0];
    }
  return learned;
}

function kindOfElement(read: Route, probe: Of<'element-added'>): string {
  const at = `${probe.at}[*].${probe.id}`;
  return read.ids.find(({ place }) => place.in === 'response' && place.at === at)?.kind ?? '';
}
