/** Requests that the route table says can be made of things whose ids are known. */
import type { HttpMethod, Route, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Request } from '../../replay/send.ts';

export const HOST = 'fuzz.example';

/** Ids by kind, as they stand in a path. */
export type KnownIds = ReadonlyMap<string, string>;

/** Kinds of the ids in a route's path, by parameter. */
function pathKinds({ ids }: Route): Map<string, string> {
  return new Map(
    ids.flatMap(({ kind, place }) => (place.in === 'path' ? [[place.name, kind] as const] : [])),
  );
}

const parametersOf = ({ path }: Route) => [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);

/** The ids that a target of the route names. */
export function idsIn(route: Route, target: string): Map<string, string> {
  const kinds = pathKinds(route);
  const segments = target.split('?')[0]?.split('/') ?? [];
  const named = new Map<string, string>();
  for (const [i, segment] of route.path.split('/').entries()) {
    const kind = segment.startsWith(':') ? kinds.get(segment.slice(1)) : undefined;
    if (kind !== undefined) named.set(kind, segments[i] ?? '');
  }
  return named;
}

/** Routes of a method whose paths name things of these kinds, and nothing else. */
export function routesNaming(
  { routes }: RouteTable,
  method: HttpMethod,
  kinds: ReadonlySet<string>,
): Route[] {
  return routes.filter((route) => {
    const parameters = parametersOf(route);
    const own = pathKinds(route);
    return (
      route.method === method &&
      parameters.length > 0 &&
      parameters.every((name) => kinds.has(own.get(name) ?? ''))
    );
  });
}

export function requestFor(route: Route, ids: KnownIds): Request {
  const kinds = pathKinds(route);
  const target = route.path.replace(/:(\w+)/g, (_, name: string) => ids.get(kinds.get(name) ?? '') ?? '');
  return { method: route.method, target, rawHeaders: ['Host', HOST], body: undefined };
}

/** Reads that need no id: lists, mostly. */
export function plainReads({ routes }: RouteTable): Request[] {
  return routes
    .filter((route) => route.method === 'GET' && parametersOf(route).length === 0)
    .map((route) => requestFor(route, new Map()));
}
