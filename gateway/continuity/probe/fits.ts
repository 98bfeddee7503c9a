/**
 * Whether an element of a list is what a write made or changed. `undefined` is an answer too: where a field is missing, or
 * is of another kind than the value that is looked for, the element proves neither.
 */
import { plainDialect } from '@banyan/route-table/dialect.ts';
import type { Place } from '@banyan/route-table/route-table.ts';
import type { Known } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';

export type Fits = boolean | undefined;

/** What the fields of an element have to be. */
export type Wanted = Readonly<Record<string, Place | 'time-of-write'>>;

/** False if any is false, else undefined if any is undefined. */
export const all = (each: readonly Fits[]): Fits =>
  each.includes(false) ? false : each.includes(undefined) ? undefined : true;

/**
 * Whatever its time is: `candidates.ts` looks at that.
 * @param unsaid what to think of a value that the request should have and does not
 */
export function elementFits(element: unknown, wanted: Wanted, known: Known, unsaid: Fits): Fits {
  return all(
    Object.entries(wanted).map(([member, place]) =>
      place === 'time-of-write'
        ? true
        : valueFits(readPlace(element, `$.${member}`)[0], place, known, unsaid),
    ),
  );
}

/** Whether the element is the one that these values name. */
export const isNamed = (element: unknown, where: Readonly<Record<string, Place>>, known: Known): Fits =>
  all(
    Object.entries(where).map(([member, place]) => {
      if (wantedAt(place, known) === undefined) return undefined;
      return valueFits(readPlace(element, `$.${member}`)[0], place, known, undefined);
    }),
  );

/** What only the lost answer had fits everything. @param value undefined where the element has no such field */
export function valueFits(value: unknown, place: Place, known: Known, unsaid: Fits): Fits {
  const wanted = wantedAt(place, known);
  if (wanted === undefined) return place.in === 'response' ? known.answer === undefined : unsaid;
  if (value === undefined) return undefined;
  if (value === wanted) return true;
  if (value === null || wanted === null) return false;
  if (typeof value === 'string' && typeof wanted === 'string')
    // The backends strip white space from the ends of what they are given.
    return place.in === 'request' && value === (known.trim ?? plainDialect.trim)(wanted);
  // A path has numbers as text.
  if (typeof value === 'number' && place.in === 'path') return String(value) === wanted;
  return typeof value === typeof wanted && typeof value !== 'object' ? false : undefined;
}

/** A text, a number, true, false or null at a place of the exchange; undefined where there is none. */
export function wantedAt(place: Place, { params, request, answer }: Known): unknown {
  if (place.in === 'path') return params[place.name];
  const [value] = readPlace(place.in === 'request' ? request : answer, place.at);
  return typeof value === 'object' && value !== null ? undefined : value;
}
