/** What each kind of probe finds in what a backend shows after a write whose outcome is not known. */
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { Place, Probe, Route } from '@banyan/route-table/route-table.ts';
import type { Known } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import { type Candidate, type Candidates, candidatesIn, mayBeOlder, oneOf } from './candidates.ts';
import type { Doubt } from './doubt.ts';
import { isNamed } from './fits.ts';
import { alike, type Of, partOf, runFits, setIn, unlike } from './listed.ts';
import type { Look, NoLook, Shown } from './look.ts';

export type { Doubt, Expected } from './doubt.ts';

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
  /** It gave no answer at all. */
  isAway?: boolean;
  /** What may be the write's, though not all of it. Later looks may show more. */
  candidates?: readonly Candidate[];
}

/** `done otherwise`: it has been done, but not as the answer that clients know says. */
export type Finding = Done | { seen: 'not done' } | { seen: 'done otherwise' } | Unknown;

const notDone: Finding = { seen: 'not done' };
export const unknown = ({ why, isMissing }: NoLook): Unknown => ({
  seen: 'unknown',
  why,
  ...(isMissing && { isMissing }),
});

type Find<P> = (probe: P, look: Look, doubt: Doubt, shown: Shown) => Finding;

export const findings: { [S in Probe['shows']]: Find<Of<S>> } = {
  'element-added': (probe, look, doubt, shown) => {
    const candidates = candidatesIn(probe, look, doubt, kindOfElement(shown.read, probe));
    const found = foundAmong(candidates, probe, shown);
    if (found) return found;
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

/** @returns undefined where none of the elements may be the write's */
function foundAmong(
  { likely, off, isUnclear }: Candidates,
  { at }: Of<'element-added'>,
  shown: Shown,
): Done | Unknown | undefined {
  const [first, second] = likely;
  if (first && !second) return { seen: 'done', learned: first.element, id: first.id };
  if (first) return { seen: 'unknown', why: oneOf(shown, likely), candidates: likely };
  if (isUnclear) return { seen: 'unknown', why: unlike(shown, at) };
  return off.length > 0 ? { seen: 'unknown', why: mayBeOlder(shown, off), candidates: [] } : undefined;
}

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

export function kindOfElement(read: Route, probe: Of<'element-added'>): string {
  const at = `${probe.at}[*].${probe.id}`;
  return read.ids.find(({ place }) => place.in === 'response' && place.at === at)?.kind ?? '';
}
