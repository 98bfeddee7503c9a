/** A side's answer as clients know it: with public ids, the times that were shown, and a list in the order of those. */
import { decodeString, type JsonValue, parseJson } from '../../../compare/json/parse.ts';
import { stepsOf } from '../../../compare/json/places.ts';
import type { BackendName, IdField, ListOrder, Route } from '../../../contract/route-table.ts';
import type { IdRegistry } from '../ids/registry.ts';
import { keyOf } from '../keys/keys.ts';
import type { TimeMemory } from '../times/memory.ts';
import { ownedTimes } from '../times/places.ts';
import { findAll, inOrder, type Splice, spliced, tokenOf } from './splice.ts';

export interface Names {
  ids: IdRegistry;
  times: Readonly<Record<BackendName, TimeMemory>>;
}

/** Whether an answer of this route may have to be changed: most never have to be looked into. */
export function needsRewriting(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times'>,
  { ids, times }: Names,
): boolean {
  const isRenamed = ({ kind, place }: IdField) => place.in === 'response' && ids.differs(kind);
  if (side === 'legacy' && route.ids.some(isRenamed)) return true;
  return !times[side].isEmpty && route.times.some(({ role }) => role === 'stored');
}

/** @returns the body as clients are to see it: the very one where nothing has to be changed, or where it is not JSON */
export function publicBody(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times' | 'order'>,
  body: Uint8Array,
  { ids, times }: Names,
): Uint8Array {
  const json = parseJson(Buffer.from(body).toString('latin1'));
  if (!json) return body;
  const publicId = (kind: string, id: string) => (side === 'legacy' ? ids.publicOf(kind, id) : id);
  const changed = timeSplices(route, json.value, publicId, times[side]);
  const named = side === 'legacy' ? idSplices(route, json.value, ids) : [];
  const splices = inOrder([...named, ...changed]);
  if (splices.length === 0) return body;
  const sorted =
    route.order && changed.length > 0 ? sortedSplice(json.text, json.value, route.order, splices) : undefined;
  const text = spliced(json.text, sorted ? inOrder([...outside(splices, sorted), sorted]) : splices);
  return Buffer.from(text, 'latin1');
}

function idSplices(route: Pick<Route, 'ids'>, root: JsonValue, ids: IdRegistry): Splice[] {
  return route.ids.flatMap(({ kind, place, role }) => {
    if (place.in !== 'response' || role === 'invented' || !ids.differs(kind)) return [];
    return findAll(root, stepsOf(place.at)).flatMap(({ value }) =>
      exchanged(value, (id) => ids.publicOf(kind, id)),
    );
  });
}

function timeSplices(
  route: Pick<Route, 'ids' | 'times'>,
  root: JsonValue,
  publicId: (kind: string, id: string) => string,
  times: TimeMemory,
): Splice[] {
  if (times.isEmpty) return [];
  return ownedTimes(route).flatMap(({ steps, field, owner }) =>
    findAll(root, steps).flatMap(({ value, ancestors }) => {
      const id = memberOf(ancestors[owner.depth], owner.member);
      if (id === undefined) return [];
      const key = keyOf(owner.kind, publicId(owner.kind, id));
      return exchanged(value, (time) => times.publicOf(key, field, time));
    }),
  );
}

/** Nothing where the value is no text or stays what it is. */
function exchanged(value: JsonValue, to: (text: string) => string): Splice[] {
  if (value.kind !== 'string') return [];
  const text = decodeString(value.lexeme);
  if (text === undefined) return [];
  const replacement = to(text);
  return replacement === text ? [] : [{ start: value.start, end: value.end, text: tokenOf(replacement) }];
}

export function memberOf(value: JsonValue | undefined, name: string): string | undefined {
  if (value?.kind !== 'object') return undefined;
  const member = value.members.findLast(({ key }) => key === name)?.value;
  return member?.kind === 'string' ? decodeString(member.lexeme) : undefined;
}

/** The list with its elements in order, stably; what stands between them stays where it is. */
function sortedSplice(
  text: string,
  root: JsonValue,
  order: ListOrder,
  splices: readonly Splice[],
): Splice | undefined {
  const list = findAll(root, stepsOf(order.at))[0]?.value;
  if (list?.kind !== 'array') return undefined;
  let next = 0;
  const elements = list.items.map(({ value }) => {
    while ((splices[next]?.start ?? Number.POSITIVE_INFINITY) < value.start) next += 1;
    const first = next;
    while ((splices[next]?.start ?? Number.POSITIVE_INFINITY) < value.end) next += 1;
    const changed = spliced(text, splices.slice(first, next), value.start, value.end);
    return { text: changed, by: memberOf(parseJson(changed)?.value, order.by) ?? '' };
  });
  const sorted = sortedBy(elements, order, ({ by }) => by);
  const moved = list.items.map(({ value }, i) => ({
    ...{ start: value.start, end: value.end },
    text: sorted[i]?.text ?? '',
  }));
  return { start: list.start, end: list.end, text: spliced(text, moved, list.start, list.end) };
}

/** Stably. @param by what an element is sorted by */
export function sortedBy<Element>(
  elements: readonly Element[],
  { direction }: ListOrder,
  by: (element: Element) => string,
): Element[] {
  const sign = direction === 'ascending' ? 1 : -1;
  return elements.toSorted((a, b) => (by(a) === by(b) ? 0 : by(a) < by(b) ? -sign : sign));
}

const outside = (splices: readonly Splice[], { start, end }: Splice) =>
  splices.filter((splice) => splice.end <= start || splice.start >= end);
