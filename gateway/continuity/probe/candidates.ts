/**
 * Which elements of a list a create may have made. Legacy's times only say so as well as legacy's clock is known. An element that
 * legacy was not yet seen to have before the create is it even if its time is off; one that may have been there is left to a person.
 */
import { isLocalTime } from '@banyan/compare/volatile/formats.ts';
import { writtenMoment } from '@banyan/route-table/local-time.ts';
import { readPlace } from '../protocol/places.ts';
import type { Offset } from '../sides/legacy-clock.ts';
import { LegacyClock } from '../sides/legacy-clock.ts';
import type { Doubt } from './doubt.ts';
import { elementFits } from './fits.ts';
import type { Of } from './listed.ts';
import type { Look, Shown } from './look.ts';

/** An element that nobody has named yet, and that fits. */
export interface Candidate {
  id: string;
  element: unknown;
  /** As legacy wrote it; empty where the probe looks at no time. */
  time: string;
}

export interface Candidates {
  /** Made at the time of the write, or certainly not before it. */
  likely: Candidate[];
  /** Made at another time, as legacy's clock says, and perhaps there before the write. */
  off: Candidate[];
  /** Whether an element cannot be told from the write's. */
  isUnclear: boolean;
}

type Age = 'likely' | 'new' | 'off' | 'older' | undefined;

export function candidatesIn(
  probe: Of<'element-added'>,
  { list }: Look,
  doubt: Doubt,
  kind: string,
): Candidates {
  const found: Record<'likely' | 'new' | 'off', Candidate[]> = { likely: [], new: [], off: [] };
  let isUnclear = false;
  for (const element of list) {
    const [id] = readPlace(element, `$.${probe.id}`);
    if (typeof id === 'string' && (doubt.isTaken(kind, id) || doubt.wasThere?.(kind, id))) continue;
    const { age, time } = ageOf(element, probe, doubt, kind, id);
    const fit = age === 'older' ? false : elementFits(element, probe.fits, doubt.known, undefined);
    if (fit === true && age !== undefined && age !== 'older' && typeof id === 'string')
      found[age].push({ id, element, time });
    else if (fit !== false) isUnclear = true;
  }
  // A time that fits tells more than the lack of an earlier sighting: that may be of before the last reading.
  return { likely: found.likely.length > 0 ? found.likely : found.new, off: found.off, isUnclear };
}

/** Clocks are set, and requests take their time; in milliseconds. */
const tolerance = 2000;
/** No zone is further from another one, and no clock of a server in use is further from the right time. */
const furthest = 27 * 3_600_000;

function ageOf(
  element: unknown,
  { fits }: Of<'element-added'>,
  { sentAt, until = Date.now(), clock = new LegacyClock().between(sentAt, until), wasThere }: Doubt,
  kind: string,
  id: unknown,
): { age: Age; time: string } {
  const members = Object.entries(fits).flatMap(([member, what]) =>
    what === 'time-of-write' ? [member] : [],
  );
  const times = members.map((member) => readPlace(element, `$.${member}`)[0]);
  if (times.length === 0) return { age: 'likely', time: '' };
  if (!times.every((time) => typeof time === 'string' && isLocalTime(time)))
    return { age: undefined, time: '' };
  const written = times.map((time) => writtenMoment(String(time)));
  const time = String(times[0]);
  const distance = Math.max(...written.map((each) => distanceOf(each, { from: sentAt, until }, clock)));
  if (distance <= tolerance) return { age: 'likely', time };
  if (typeof id === 'string' && wasThere?.(kind, id) === false) return { age: 'new', time };
  return { age: clock.from !== 'assumed' && distance > furthest ? 'older' : 'off', time };
}

/** How far a written time lies outside of what legacy may have written between two moments, in milliseconds. */
function distanceOf(
  written: number,
  { from, until }: { from: number; until: number },
  clock: Offset,
): number {
  return Math.max(0, from + clock.least - written, written - (until + clock.most));
}

const shownIds = 5;
const named = (candidates: readonly Candidate[]) => {
  const ids = candidates.slice(0, shownIds).map(({ id }) => id);
  return [...ids, ...(candidates.length > shownIds ? [`${candidates.length - shownIds} more`] : [])].join(
    ', ',
  );
};

export const oneOf = ({ side, read }: Shown, candidates: readonly Candidate[]) =>
  `${read.key} on ${side} shows ${candidates.length} elements any of which the write may have made: ${named(candidates)}`;

export const mayBeOlder = ({ side, read }: Shown, candidates: readonly Candidate[]) =>
  `${read.key} on ${side} shows ${candidates.length === 1 ? 'an element' : `${candidates.length} elements`} which the write may have made, with a time that does not fit by ${side}'s clock; whether ${side} had ${candidates.length === 1 ? 'it' : 'them'} before is not known: ${named(candidates)}`;
