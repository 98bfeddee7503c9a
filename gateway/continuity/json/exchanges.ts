/** What is exchanged in a side's answer, and for what: alike whether it is rewritten whole or as it comes. */
import { decodeString } from '@banyan/compare/json/parse.ts';
import { type Step, stepsOf } from '@banyan/compare/json/places.ts';
import type { BackendName, IdField, Route } from '@banyan/route-table/route-table.ts';
import type { IdRegistry } from '../ids/registry.ts';
import { keyOf } from '../protocol/keys.ts';
import type { TimeMemory } from '../times/memory.ts';
import { type OwnedField, ownedTimes } from '../times/places.ts';
import { tokenOf } from './splice.ts';

export interface Names {
  ids: IdRegistry;
  times: Readonly<Record<BackendName, TimeMemory>>;
}

export interface Exchanges {
  ids: { steps: Step[]; publicOf(id: string): string }[];
  times: ExchangedTime[];
}

export interface ExchangedTime extends OwnedField {
  /** @param ownerId as the answer has it */
  publicOf(ownerId: string, time: string): string;
}

/** Whether the gateway may have to read the answers of a read, now or later; all others pass as the client has asked for them. */
export const isRead = (route: Pick<Route, 'ids' | 'times' | 'elements'>): boolean =>
  route.elements !== undefined ||
  route.ids.some(({ place, role }) => place.in === 'response' && role !== 'invented') ||
  route.times.some(({ role }) => role === 'stored');

/** Whether an answer of this route may have to be changed: most never have to be looked into. */
export function needsRewriting(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times'>,
  { ids, times }: Names,
): boolean {
  return renamedIds(side, route, ids).length > 0 || mayChangeTimes(route, times[side]);
}

/** Whether that can be done while it comes: all tokens stay as long as they are, and no list has to be sorted again. */
export function canBeStreamed(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times' | 'order'>,
  names: Names,
): boolean {
  if (route.order && mayChangeTimes(route, names.times[side])) return false;
  return keepsLength(side, route, names);
}

/** Whether every token stays as long as it is. */
export function keepsLength(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times'>,
  { ids, times }: Names,
): boolean {
  if (mayChangeTimes(route, times[side]) && !times[side].keepsLength) return false;
  return renamedIds(side, route, ids).every(({ kind }) => ids.keepsLength(kind));
}

export function exchangesOf(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times'>,
  { ids, times }: Names,
): Exchanges {
  const publicId = (kind: string, id: string) => (side === 'legacy' ? ids.publicOf(kind, id) : id);
  return {
    ids: renamedIds(side, route, ids).flatMap(({ kind, place }) =>
      place.in === 'response'
        ? [{ steps: stepsOf(place.at), publicOf: (id: string) => ids.publicOf(kind, id) }]
        : [],
    ),
    times: times[side].isEmpty
      ? []
      : ownedTimes(route).map((time) => ({
          ...time,
          publicOf: (id: string, value: string) =>
            times[side].publicOf(keyOf(time.owner.kind, publicId(time.owner.kind, id)), time.field, value),
        })),
  };
}

/** What a token is exchanged for; undefined where it is no text, or stays what it is. */
export function exchangedFor(token: string, publicOf: (text: string) => string): string | undefined {
  const text = decodeString(token);
  if (text === undefined) return undefined;
  const shown = publicOf(text);
  return shown === text ? undefined : tokenOf(shown);
}

function renamedIds(side: BackendName, route: Pick<Route, 'ids'>, ids: IdRegistry): IdField[] {
  if (side === 'new') return [];
  return route.ids.filter(
    ({ kind, place, role }) => place.in === 'response' && role !== 'invented' && ids.differs(kind),
  );
}

const mayChangeTimes = (route: Pick<Route, 'times'>, times: TimeMemory) =>
  !times.isEmpty && route.times.some(({ role }) => role === 'stored');
