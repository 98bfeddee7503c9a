/**
 * Finds out afterwards whether a backend did a write whose outcome is not known, as the route table says: from what the
 * backend shows now.
 */

import { stepsOf } from '../../../compare/json/places.ts';
import type { BackendName, JsonPlace, Place, Probe, Route } from '../../../contract/route-table.ts';
import { strip } from '../../../services/wire/python/strings.ts';
import { parseBody, readPlace } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';
import type { Sides } from '../sides/sides.ts';
import { localTime } from '../times/local-time.ts';

/** What a backend showed before the write. */
export interface Expected {
  /** Elements of the list that the write adds to; of those that are alike, where it has no id in the end. */
  count: number;
  /** How many of those that are alike had come to their end. */
  ended?: number;
}

export interface Doubt {
  route: Route;
  /** In public ids; `answer` where the client's is known, as of a replay. */
  known: Known;
  expected: Expected | undefined;
  /** When it was sent, by this process' clock, in milliseconds. */
  sentAt: number;
  /** Ids of legacy's that are taken: by an entry of the journal. */
  isTaken(kind: string, id: string): boolean;
  /** Whether others may have written the same meanwhile: then a number says nothing. */
  isOverlapped: boolean;
}

/**
 * `learned`: what the answer would have had, as far as the backend shows it. `id`: of what was added. `otherwise`: it has been
 * done, but not as the answer that clients know says.
 */
export type Finding =
  | { visible: false; otherwise?: boolean }
  | { visible: true; learned?: unknown; id?: string };

const notVisible: Finding = { visible: false };

/** Clocks of one machine, and a request on its way. */
const tolerance = 2000;

/** Whether something has to be known before such a write is sent, so that it can be found afterwards. */
export const isLookedAtBefore = (probe: Probe): boolean =>
  probe.shows === 'tail-added' || (probe.shows === 'element-added' && probe.ended !== undefined);

/** What that is. Undefined: nothing. */
export async function lookBefore(
  sides: Sides,
  side: BackendName,
  route: Route,
  known: Known,
): Promise<Expected | undefined> {
  const { probe } = route;
  if (!probe || !isLookedAtBefore(probe)) return undefined;
  const body = parseBody((await sides.read(side, probe.read, known.params)).shown.body);
  if (probe.shows === 'element-added')
    return { count: alike(probe, body, known), ended: alikeEnded(probe, body, known) };
  const list = listIn(body, probe.at);
  return list && { count: list.length };
}

/** @throws BanyanError where the backend cannot be asked */
export async function lookAfter(sides: Sides, side: BackendName, doubt: Doubt): Promise<Finding> {
  const { probe } = doubt.route;
  if (!probe) return notVisible;
  // Ids that nobody knows are legacy's own.
  const { shown } = await sides.read(side, probe.read, doubt.known.params);
  if (shown.status >= 400) return notVisible;
  const body = parseBody(shown.body);
  const list = listIn(body, probe.at);
  const finding = list ? findings[probe.shows](probe as never, list, doubt, sides) : notVisible;
  if (finding.visible || probe.shows !== 'element-added') return finding;
  return { visible: hasEnded(probe, body, doubt) };
}

/** What the write adds may have come to its end meanwhile, and has no id any more: then there is one more of its like. */
function hasEnded(
  probe: Of<'element-added'>,
  body: unknown,
  { known, expected, isOverlapped }: Doubt,
): boolean {
  return !isOverlapped && expected !== undefined && alike(probe, body, known) > expected.count;
}

/** Where in the list of what has ended such a write's work stands. */
export function endedAt(probe: Of<'element-added'>, body: unknown, known: Known): number | undefined {
  const { ended } = probe;
  if (!ended) return undefined;
  const at = (listIn(body, ended.at) ?? []).findIndex((element) => isLike(element, ended.fits, known));
  return at < 0 ? undefined : at;
}

/** How many there are that such a write could have added, at their beginning or at their end. */
function alike(probe: Of<'element-added'>, body: unknown, known: Known): number {
  return probe.ended ? countLike(body, probe.at, probe.fits, known) + alikeEnded(probe, body, known) : 0;
}

/** How many there are at their end that such a write could have added. */
export function alikeEnded({ ended }: Of<'element-added'>, body: unknown, known: Known): number {
  return ended ? countLike(body, ended.at, ended.fits, known) : 0;
}

const countLike = (
  body: unknown,
  at: JsonPlace,
  wanted: Record<string, Place | 'time-of-write'>,
  known: Known,
): number => (listIn(body, at) ?? []).filter((element) => isLike(element, wanted, known)).length;

const isLike = (element: unknown, wanted: Record<string, Place | 'time-of-write'>, known: Known) =>
  Object.entries(wanted).every(
    ([member, place]) =>
      place === 'time-of-write' || fits(readPlace(element, `$.${member}`)[0], place, known),
  );

const listIn = (body: unknown, at: `$${string}`): unknown[] | undefined => {
  const [list] = readPlace(body, at);
  return Array.isArray(list) ? list : undefined;
};

type Find<P> = (probe: P, list: unknown[], doubt: Doubt, sides: Sides) => Finding;
type Of<S extends Probe['shows']> = Extract<Probe, { shows: S }>;

const findings: { [S in Probe['shows']]: Find<Of<S>> } = {
  'element-added': (probe, list, doubt, sides) => {
    const kind = kindOfElement(sides.routeOf(probe.read), probe);
    const fitting = list.find((element) => {
      const [id] = readPlace(element, `$.${probe.id}`);
      if (typeof id !== 'string' || doubt.isTaken(kind, id)) return false;
      return Object.entries(probe.fits).every(([member, place]) =>
        place === 'time-of-write'
          ? isSince(readPlace(element, `$.${member}`)[0], doubt.sentAt)
          : fits(readPlace(element, `$.${member}`)[0], place, doubt.known),
      );
    });
    if (fitting === undefined) return notVisible;
    const [id] = readPlace(fitting, `$.${probe.id}`);
    return { visible: true, learned: fitting, ...(typeof id === 'string' && { id }) };
  },

  'tail-added': (probe, list, { known, expected }) => {
    if (!expected) return notVisible;
    // Others may have added theirs since: any run of elements after what was there before.
    const last = (of: Known) => runsOf(probe, list, of).findLast((place) => place >= expected.count);
    const at = last(known);
    if (at === undefined) {
      const { answer: _, ...asked } = known;
      return { visible: false, otherwise: known.answer !== undefined && last(asked) !== undefined };
    }
    return { visible: true, learned: learnedOf(probe.tail, list.slice(at, at + probe.grows)) };
  },

  'field-set': (probe, list, { known }) => ({ visible: shows(probe, list, known) }),

  'element-gone': ({ where }, list, { known }) => ({
    visible: !list.some((candidate) => matches(candidate, where, known)),
  }),
};

/** Where in the list the elements stand that such a write adds, each time that they do. */
export function runsOf({ grows, tail }: Of<'tail-added'>, list: readonly unknown[], known: Known): number[] {
  const places: number[] = [];
  for (let at = 0; at + grows <= list.length; at += 1) {
    const fitting = tail.every((element, i) =>
      Object.entries(element).every(([member, place]) =>
        fits(readPlace(list[at + i], `$.${member}`)[0], place, known),
      ),
    );
    if (fitting) places.push(at);
  }
  return places;
}

/** Whether the element has the value that such a write sets. */
export function shows(
  { where, field, to }: Of<'field-set'>,
  list: readonly unknown[],
  known: Known,
): boolean {
  const element = list.find((candidate) => matches(candidate, where, known));
  return element !== undefined && fits(readPlace(element, `$.${field}`)[0], to, known, true);
}

const isSince = (value: unknown, sentAt: number) =>
  typeof value === 'string' && value >= localTime(sentAt - tolerance);

const matches = (element: unknown, where: Record<string, Place>, known: Known) =>
  Object.entries(where).every(([member, place]) =>
    fits(readPlace(element, `$.${member}`)[0], place, known, true),
  );

/** @param must whether a value that is not known fits nothing; otherwise what only the lost answer had fits everything */
function fits(value: unknown, expected: Place, known: Known, must = false): boolean {
  const [wanted] = valuesOf(expected, known);
  if (wanted === undefined) return !must && expected.in === 'response' && known.answer === undefined;
  // The backends strip white space from the ends of what they are given.
  return value === wanted || (expected.in === 'request' && value === strip(wanted));
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
