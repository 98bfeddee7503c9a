/** What a request touches: `chat:<public id>`, `job:<public id>`, `list:chat`, `every:chat`. The unit of order and currency. */
import { createHash } from 'node:crypto';
import type { Key, Place, Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { readPlace } from './places.ts';

/** What is known of an exchange, in public ids. A part that is not known yet, or was never JSON, is undefined. */
export interface Known {
  /** Path parameters, decoded. */
  params: Readonly<Record<string, string>>;
  /** The request's body as JSON. */
  request?: unknown;
  /** Takes from a text of the request what the backends strip from its ends; white space unless told. */
  trim?: ((text: string) => string) | undefined;
  /** The field of each part of a form, in order; looked for where the answer is an error of the backend's own. */
  parts?: readonly string[] | undefined;
  /** The answer's. */
  answer?: unknown;
}

/** An id may be anything that fits a URL; an index entry may not. `#` starts no id's own spelling here. */
const plainId = /^[^#\p{Cc}\\\ufeff\ud800-\udfff][^\p{Cc}\\\ufeff\ud800-\udfff]{0,199}$/u;

export function keyOf(kind: string, id: string): string {
  if (plainId.test(id)) return `${kind}:${id}`;
  return `${kind}:#${createHash('sha256').update(id, 'utf16le').digest('hex')}`;
}

export const listKey = (kind: string) => `list:${kind}`;

/** The kinds of what a route's requests touch. */
export const kindsOf = ({ keys }: Pick<Route, 'keys'>): string[] =>
  keys.map((key) => ('one' in key ? key.one : 'every' in key ? key.every : key.list));

/** The routes that write to entities of a kind, or to their list. */
export const writesOf = ({ routes }: RouteTable, kind: string) =>
  routes.flatMap((route) => (route.access === 'write' && kindsOf(route).includes(kind) ? [route.key] : []));

/** The kind of what a key names: `chat` of `chat:…` and of `list:chat`. */
export const kindOf = (key: string) => {
  const [first = '', rest = ''] = key.split(/:(.*)/s);
  return first === 'list' ? rest : first;
};

/** The keys of entities, of all the keys of an entry. */
export const entityKeys = (keys: readonly string[]) =>
  keys.filter((key) => !key.startsWith('list:') && kindOf(key) !== '');

/** Kinds whose state is asked for again and again, as it changes by itself. */
export const polledKinds = (table: RouteTable): string[] =>
  table.routes
    .flatMap(({ polling, keys }) => (polling ? keys : []))
    .flatMap((key) => ('one' in key ? [key.one] : []));

export interface Touched {
  /** Sorted, so that whoever locks them does so in one order. */
  keys: string[];
  /** Kinds whose every entity is touched. */
  every: string[];
  /** Whether the answer rests on what a restart makes legacy forget. */
  isForgettable?: boolean;
}

/** @returns what can be told from what is known: a key that the answer makes is missing until there is one */
export function touched(
  route: Pick<Route, 'keys'> & Partial<Pick<Route, 'forgotten' | 'recalls'>>,
  known: Known,
): Touched {
  const keys = new Set<string>();
  const every: string[] = [];
  for (const key of route.keys) {
    if ('every' in key) every.push(key.every);
    else if ('list' in key) keys.add(listKey(key.list));
    else for (const id of idsAt(key, known)) keys.add(id);
  }
  const isForgettable = route.forgotten !== undefined || route.recalls === true;
  return { keys: [...keys].sort(), every, ...(isForgettable && { isForgettable }) };
}

/** The keys that only the answer names, with their kinds. */
export function madeKeys(route: Pick<Route, 'keys'>, known: Known): string[] {
  return route.keys.flatMap((key) => ('one' in key && key.named.in === 'response' ? idsAt(key, known) : []));
}

function idsAt({ one, named }: Extract<Key, { one: string }>, known: Known): string[] {
  if (named.in === 'path') return valuesOf(named, known).map((id) => keyOf(one, id));
  // A number is no id that can be mapped. It still says what is touched, as the path of a later request does.
  return foundAt(named, known)
    .filter((id) => typeof id === 'string' || typeof id === 'number')
    .map((id) => keyOf(one, String(id)));
}

/** The texts at a place of an exchange. */
export function valuesOf(place: Place, known: Known): string[] {
  if (place.in === 'path') return place.name in known.params ? [known.params[place.name] ?? ''] : [];
  return foundAt(place, known).filter((value) => typeof value === 'string');
}

const foundAt = (place: Exclude<Place, { in: 'path' }>, { request, answer }: Known): unknown[] =>
  readPlace(place.in === 'request' ? request : answer, place.at);
