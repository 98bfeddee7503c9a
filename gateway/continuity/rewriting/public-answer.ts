/** A side's answer as clients know it: with public ids, the times that were shown, and a list in the order of those. */
import { type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { BackendName, ListOrder, Route } from '@banyan/route-table/route-table.ts';
import { findAll, inOrder, memberOf, type Splice, spliced } from '../json/splice.ts';
import type { Names } from '../names/names.ts';
import { type Exchanges, exchangedFor, exchangesOf } from './exchanges.ts';

/** @returns the body as clients are to see it: the very one where nothing has to be changed; undefined where it is not JSON */
export function publicBody(
  side: BackendName,
  route: Pick<Route, 'ids' | 'times' | 'order'>,
  body: Uint8Array,
  names: Names,
): Uint8Array | undefined {
  const json = parseJson(Buffer.from(body).toString('latin1'));
  if (!json) return undefined;
  const exchanges = exchangesOf(side, route, names);
  const changed = timeSplices(exchanges, json.value);
  const named = idSplices(exchanges, json.value);
  const splices = inOrder([...named, ...changed]);
  if (splices.length === 0) return body;
  const sorted =
    route.order && changed.length > 0 ? sortedSplice(json.text, json.value, route.order, splices) : undefined;
  const text = spliced(json.text, sorted ? inOrder([...outside(splices, sorted), sorted]) : splices);
  return Buffer.from(text, 'latin1');
}

function idSplices({ ids }: Exchanges, root: JsonValue): Splice[] {
  return ids.flatMap(({ steps, publicOf }) =>
    findAll(root, steps).flatMap(({ value }) => exchanged(value, publicOf)),
  );
}

function timeSplices({ times }: Exchanges, root: JsonValue): Splice[] {
  return times.flatMap(({ steps, owner, publicOf }) =>
    findAll(root, steps).flatMap(({ value, ancestors }) => {
      const id = memberOf(ancestors[owner.depth], owner.member);
      return id === undefined ? [] : exchanged(value, (time) => publicOf(id, time));
    }),
  );
}

function exchanged(value: JsonValue, publicOf: (text: string) => string): Splice[] {
  const text = value.kind === 'string' ? exchangedFor(value.lexeme, publicOf) : undefined;
  return text === undefined ? [] : [{ start: value.start, end: value.end, text }];
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
    start: value.start,
    end: value.end,
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
