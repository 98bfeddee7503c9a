/** Paths of a route, filled in, and what becomes of them in careless or hostile hands. */

import type { Route } from '@banyan/route-table/route-table.ts';
import fc from 'fast-check';
import { mark } from '../drawn.ts';
import type { Grammar } from '../grammar.ts';

/** Ids that nobody made, and texts that are none. */
const strangers = fc.constantFrom(
  '00000000-0000-4000-8000-000000000000',
  'nobody',
  '0',
  '-1',
  'null',
  'a b'.replace(' ', '%20'),
  'a+b',
  "it's",
  '%22%3Cb%3E%26',
  '%E2%98%83',
  '%F0%9F%98%80',
  '%25',
  '%3F%23',
  '*',
  'x'.repeat(240),
  'x'.repeat(250),
  '%E2%98%83'.repeat(90),
);

/** @param isOfNobody ids are none that was made */
export function targets(route: Route, grammar: Grammar, isOfNobody = false): fc.Arbitrary<string> {
  const segments = route.path.split('/').map((segment) => segmentOf(segment, route, grammar, isOfNobody));
  return fc.tuple(...segments).map((parts) => parts.join('/'));
}

function segmentOf(
  segment: string,
  { ids }: Route,
  grammar: Grammar,
  isOfNobody: boolean,
): fc.Arbitrary<string> {
  if (!segment.startsWith(':')) return fc.constant(segment);
  const name = segment.slice(1);
  const kind = ids.find(({ place }) => place.in === 'path' && place.name === name)?.kind;
  if (kind === undefined) return grammar.parameters?.[name] ?? strangers;
  if (isOfNobody) return strangers;
  const known = fc.constantFrom(0, 0, 0, 1, 1, 2).map((nth) => mark(kind, nth));
  return fc.oneof({ weight: 12, arbitrary: known }, { weight: 2, arbitrary: strangers });
}

/** Queries that no route reads. */
export const queries = fc.oneof(
  { weight: 12, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('?', '?a=b&a=c', '?title=x&message=y', '?%00=%ff', '??', '?/api/chats', '?é'),
  },
);

type Trick = (path: string) => string;

const tricks: Trick[] = [
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => path.replace(/\/(?=[^/]*$)/, '//'),
  (path) => path.replace('/api', '/./api'),
  (path) => path.replace(/\/(?=[^/]*$)/, '/../'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%2F'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%2f'),
  (path) => path.replace(/\/(?=[^/]*$)/, '\\'),
  (path) => path.replace(/[a-z](?=[^/]*$)/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.replace(/[a-z](?=[^/{}]*$)/, (letter) => letter.toUpperCase()),
  (path) => path.toUpperCase(),
  (path) => `${path};v=1`,
  (path) => `${path}.json`,
  (path) => `${path}%00`,
  (path) => `${path}%`,
  (path) => `${path}%zz`,
  (path) => `${path}%ff`,
  (path) => `${path}\xff`,
  (path) => `${path}%20`,
  (path) => `${path}+`,
  (path) => `${path}/x`,
  (path) => `${path}/../..`,
  (path) => path.slice(0, -1) || '/',
  (path) => path.split('/').slice(0, -1).join('/') || '/',
  () => '/',
  () => '/favicon.ico',
  () => `/${'a'.repeat(2000)}`,
];

export const tricked = (paths: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(paths, fc.constantFrom(...tricks)).map(([path, trick]) => trick(path));
