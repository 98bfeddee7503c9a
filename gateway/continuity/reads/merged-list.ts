/**
 * A list of everything, while neither side has all of it: each element comes from the side that has its entity. Tokens stay
 * as they are; only where elements stand and their number are written anew.
 */
import { type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { ElementList, ListOrder, Route } from '@banyan/route-table/route-table.ts';
import { withLength } from '../answers/headers.ts';
import { findAll, inOrder, memberOf, spliced } from '../json/splice.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { keyOf } from '../protocol/keys.ts';
import { sortedBy } from '../rewriting/public-answer.ts';

/** A route whose answer can be put together. */
export type ListRoute = Pick<Route, 'order'> & { elements: ElementList };

/**
 * @param here the answer of the side that serves, in public ids
 * @param there the other side's
 * @param isBehind whether `here` lacks something of an entity
 * @returns `here`, where nothing has to be changed or one of them is no such list
 */
export function mergedList(
  route: ListRoute,
  here: StoredAnswer,
  there: StoredAnswer,
  isBehind: (key: string) => boolean,
): StoredAnswer {
  if (here.status !== 200 || there.status !== 200) return here;
  const own = listIn(route.elements, here);
  const other = listIn(route.elements, there);
  if (!own || !other) return here;
  const elements = [
    ...own.elements.filter(({ key }) => !isBehind(key)).map((element) => ({ ...element, isOwn: true })),
  ];
  let at = 0;
  for (const element of other.elements) {
    const last = elements.findLastIndex(({ key }) => key === element.key);
    if (isBehind(element.key)) elements.splice(at++, 0, { ...element, isOwn: false });
    else if (last >= 0) at = last + 1;
  }
  const isAsBefore =
    elements.length === own.elements.length &&
    elements.every(({ text }, i) => text === own.elements[i]?.text);
  if (isAsBefore) return here;
  const body = written(own, other, route.order ? sorted(elements, route.order) : elements, route.elements);
  return { ...here, body, rawHeaders: withLength(here.rawHeaders, body.byteLength) };
}

/** A list with the elements of one entity alone. @returns the answer as it is where it is no such list */
export function rowsOf({ elements: place }: ListRoute, answer: StoredAnswer, key: string): StoredAnswer {
  const list = answer.status === 200 ? listIn(place, answer) : undefined;
  if (!list) return answer;
  const rows = list.elements.filter((element) => element.key === key);
  return withRows(place, answer, list, rows);
}

/** The answer with some of its rows alone. @param list what `listIn` found in it */
export function withRows(
  place: ElementList,
  answer: StoredAnswer,
  list: List,
  rows: readonly Element[],
): StoredAnswer {
  const body = written(list, list, rows, place);
  return { ...answer, body, rawHeaders: withLength(answer.rawHeaders, body.byteLength) };
}

export interface Element {
  key: string;
  id: string;
  text: string;
}

export interface List {
  text: string;
  root: JsonValue;
  list: Extract<JsonValue, { kind: 'array' }>;
  elements: Element[];
}

/** The elements of a list with the keys that they belong to. @returns undefined where the answer is no such list */
export function listIn({ at, kind, owner }: ElementList, { body }: StoredAnswer): List | undefined {
  const json = parseJson(Buffer.from(body).toString('latin1'));
  const list = json && findAll(json.value, stepsOf(at))[0]?.value;
  if (!json || list?.kind !== 'array') return undefined;
  const elements = list.items.map(({ value }) => {
    const id = idOf(value, owner);
    return { key: keyOf(kind, id), id, text: json.text.slice(value.start, value.end) };
  });
  return { text: json.text, root: json.value, list, elements };
}

/** A number is no id that can be mapped, but it names its row's entity as the keys do. */
function idOf(value: JsonValue, owner: string): string {
  const member =
    value.kind === 'object' ? value.members.findLast(({ key }) => key === owner)?.value : undefined;
  return member?.kind === 'number' ? member.lexeme : (memberOf(value, owner) ?? '');
}

const sorted = (elements: readonly Element[], order: ListOrder) =>
  sortedBy(elements, order, ({ text }) => memberOf(parseJson(text)?.value, order.by) ?? '');

/** In the layout of whichever list has elements to show it. */
function written(own: List, other: List, elements: readonly Element[], { count }: ElementList): Buffer {
  const { before, between, after } = layoutOf(own) ??
    layoutOf(other) ?? { before: '', between: ',', after: '' };
  const texts = elements.map(({ text }) => text);
  const text = texts.length === 0 ? '[]' : `[${before}${texts.join(between)}${after}]`;
  const splices = [{ start: own.list.start, end: own.list.end, text }];
  const counted = count && findAll(own.root, stepsOf(count))[0]?.value;
  if (counted) splices.push({ start: counted.start, end: counted.end, text: String(elements.length) });
  return Buffer.from(spliced(own.text, inOrder(splices)), 'latin1');
}

function layoutOf({ text, list }: List): { before: string; between: string; after: string } | undefined {
  const [first, second] = list.items.map(({ value }) => value);
  const last = list.items.at(-1)?.value;
  if (!first || !last) return undefined;
  const before = text.slice(list.start + 1, first.start);
  return {
    before,
    between: second ? text.slice(first.end, second.start) : `,${before}`,
    after: text.slice(last.end, list.end - 1),
  };
}
