/** Whether two redirects lead to the same place, for clients: whichever backend's origin and ids they are written in. */

import { isUuid4 } from '@banyan/compare/volatile/formats.ts';
import { headerOf } from '@banyan/operations/http/headers.ts';
import type { PathMatch } from '@banyan/route-table/match.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { IdRegistry } from '../ids/registry.ts';
import type { StoredRequest } from '../protocol/entry.ts';

export interface Redirects {
  /** What the client asked: relative places start here. */
  request: Pick<StoredRequest, 'target' | 'rawHeaders'>;
  /** As the client got it. */
  client: string;
  /** Of the other side, and which one that is. */
  other: string;
  side: BackendName;
  /** Where legacy answers: it may write its own address. */
  legacyUrl?: string | undefined;
  /** Finds the routes of a path. */
  match: (path: string) => PathMatch | undefined;
  ids: IdRegistry;
}

const own = 'own.invalid';

export function leadToTheSame(redirects: Redirects): boolean {
  const [client, other] = [redirects.client, redirects.other].map((location) => placeOf(location, redirects));
  if (!client || !other || client.host !== other.host || client.hash !== other.hash) return false;
  return samePath(client.pathname, other.pathname, redirects) && sameQuery(client, other);
}

/** @returns undefined where it cannot be read */
function placeOf(location: string, { request, legacyUrl }: Redirects): URL | undefined {
  const place = URL.parse(location, `http://${own}${request.target}`);
  if (!place) return undefined;
  const hosts = ['host', 'x-forwarded-host'].map((name) => headerOf(request.rawHeaders, name));
  const ours = [...hosts, legacyUrl && URL.parse(legacyUrl)?.host].filter((host) => host !== undefined);
  const withoutPort = (host: string) => host.toLowerCase().replace(/:(?:80|443)$/, '');
  if (!ours.some((host) => host && withoutPort(host) === withoutPort(place.host))) return place;
  place.port = '';
  place.hostname = own;
  return place;
}

function samePath(client: string, other: string, { match, ids, side }: Redirects): boolean {
  if (client === other) return true;
  const [ours, theirs] = [client, other].map((path) => matched(path, match));
  const [route] = ours?.routes ?? [];
  if (!ours || !theirs || !route) return sameSegments(client, other);
  if (route.path !== theirs.routes[0]?.path) return false;
  return Object.entries(ours.params).every(([name, id]) => {
    const theirId = theirs.params[name] ?? '';
    const kind = route.ids.find(({ place }) => place.in === 'path' && place.name === name)?.kind;
    if (kind === undefined) return id === theirId;
    if (id === (side === 'legacy' ? ids.publicOf(kind, theirId) : theirId)) return true;
    // The write itself has made both, and no answer has named them yet.
    return (
      !ids.knows(kind, id) && !ids.knows(kind, theirId) && (isId(id) ? areIds(id, theirId) : theirId !== '')
    );
  });
}

/** A backend may write a path that cannot be decoded. */
function matched(path: string, match: Redirects['match']): PathMatch | undefined {
  try {
    return match(path);
  } catch {
    return undefined;
  }
}

function sameSegments(client: string, other: string): boolean {
  const [ours, theirs] = [client.split('/'), other.split('/')];
  return ours.length === theirs.length && ours.every((text, i) => areIds(text, theirs[i] ?? ''));
}

function sameQuery(client: URL, other: URL): boolean {
  const [ours, theirs] = [[...client.searchParams], [...other.searchParams]];
  return (
    ours.length === theirs.length &&
    ours.every(([name, value], i) => name === theirs[i]?.[0] && areIds(value, theirs[i]?.[1] ?? ''))
  );
}

const isNumber = (text: string) => /^\d+$/.test(text);
const isId = (text: string) => isNumber(text) || isUuid4(text);

/** The same, or ids of one format that each backend has made for itself. */
const areIds = (a: string, b: string) =>
  a === b || (isNumber(a) && isNumber(b)) || (isUuid4(a) && isUuid4(b));
