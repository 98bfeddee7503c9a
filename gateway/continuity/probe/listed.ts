/** What the lists that a backend shows have of a write: how many elements are its like, and where they stand. */
import type { JsonPlace, Probe } from '@banyan/route-table/route-table.ts';
import type { Known } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import { all, elementFits, type Fits, isNamed, valueFits, type Wanted, wantedAt } from './fits.ts';
import { listIn, type NoLook, type Shown } from './look.ts';

/** The probes of one kind. */
export type Of<S extends Probe['shows']> = Extract<Probe, { shows: S }>;

/** Where in the list of what has ended such a write's work stands. */
export function endedAt(probe: Of<'element-added'>, body: unknown, known: Known): number | undefined {
  const { ended } = probe;
  if (!ended) return undefined;
  const [list] = readPlace(body, ended.at);
  const at = Array.isArray(list) ? list.findIndex((element) => isLike(element, ended.fits, known)) : -1;
  return at < 0 ? undefined : at;
}

/** How many there are that such a write could have added, at their beginning or at their end. */
export function alike(probe: Of<'element-added'>, shown: Shown, known: Known): number | NoLook {
  if (!probe.ended) return 0;
  let count = 0;
  for (const { at, fits } of [probe, probe.ended] as { at: JsonPlace; fits: Wanted }[]) {
    const look = listIn(shown, at);
    if ('why' in look) return look;
    if (look.isPart) return { why: partOf(shown) };
    const fit = look.list.map((element) => elementFits(element, fits, known, undefined));
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
  elementFits(element, wanted, known, false) === true;

export const partOf = ({ side, read }: Shown) => `${read.key} on ${side} shows only a part of the list`;
export const unlike = ({ side, read }: Shown, at: JsonPlace) =>
  `${read.key} on ${side} has elements in ${at} that cannot be told from this write's: a field that the probe compares is missing, or of another kind`;

/** Ids of what the list has at its beginning already that such a write could have added. */
export const idsAlike = (probe: Of<'element-added'>, list: readonly unknown[], known: Known): string[] =>
  list.flatMap((element) => {
    const [id] = readPlace(element, `$.${probe.id}`);
    return typeof id === 'string' && elementFits(element, probe.fits, known, undefined) !== false ? [id] : [];
  });

/** Whether what such a write adds stands at each place of the list. */
export function runFits({ grows, tail }: Of<'tail-added'>, list: readonly unknown[], known: Known): Fits[] {
  const fits: Fits[] = [];
  for (let at = 0; at + grows <= list.length; at += 1)
    fits.push(all(tail.map((element, i) => elementFits(list[at + i], element, known, false))));
  return fits;
}

/** Where in the list the elements stand that such a write adds, each time that they do. */
export function runsOf(probe: Of<'tail-added'>, list: readonly unknown[], known: Known): number[] {
  return runFits(probe, list, known).flatMap((fits, at) => (fits ? [at] : []));
}

export const setIn = ({ field, to }: Of<'field-set'>, element: unknown, known: Known): Fits =>
  wantedAt(to, known) === undefined && to.in === 'response'
    ? undefined
    : valueFits(readPlace(element, `$.${field}`)[0], to, known, false);

/** Whether the element has the value that such a write sets. */
export function shows(probe: Of<'field-set'>, list: readonly unknown[], known: Known): boolean {
  const element = list.find((candidate) => isNamed(candidate, probe.where, known));
  return element !== undefined && setIn(probe, element, known) === true;
}
