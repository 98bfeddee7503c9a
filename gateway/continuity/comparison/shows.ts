/** Which routes show what of an entity, and which list all entities of a kind. */
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { kindsOf, polledKinds } from '../protocol/keys.ts';
import type { ListRoute } from '../reads/merged-list.ts';

export interface EntityRead {
  route: Route;
  /** The path parameter that names the entity. */
  parameter: string;
}

/** The reads that name one entity of a kind and nothing else. How a job is doing is each backend's own. */
export function entityReads({ routes }: RouteTable, kind: string): EntityRead[] {
  return routes.flatMap((route) => {
    const parameter = parameterOf(route, kind);
    return parameter === undefined ? [] : [{ route, parameter }];
  });
}

/** The reads that have a row, or several, for each entity of a kind. */
export const listReads = ({ routes }: RouteTable, kind: string): (Route & ListRoute)[] =>
  routes.filter((route) => isListOf(route, kind));

/** The reads that name no entity of the kind and have no rows, so that they can only be compared as they are. */
export const wholeReads = ({ routes }: RouteTable, kind: string): Route[] =>
  routes.filter(
    (route) =>
      route.access === 'read' &&
      !route.polling &&
      !route.path.includes(':') &&
      kindsOf(route).includes(kind) &&
      !isListOf(route, kind),
  );

/** All kinds of which a read shows something. Of a background job only the backend knows that has begun it. */
export function shownKinds(table: RouteTable): string[] {
  const polled = new Set(polledKinds(table));
  const reads = table.routes.filter(({ access }) => access === 'read');
  return [...new Set(reads.flatMap(kindsOf))].filter((kind) => !polled.has(kind));
}

function parameterOf({ access, polling, keys, path }: Route, kind: string): string | undefined {
  const [key, ...others] = keys;
  if (access !== 'read' || polling || !key || !('one' in key) || others.length > 0) return undefined;
  const isAlone = [...path.matchAll(/:\w+/g)].length === 1;
  return key.one === kind && key.named.in === 'path' && isAlone ? key.named.name : undefined;
}

const isListOf = (route: Route, kind: string): route is Route & ListRoute =>
  route.access === 'read' && route.elements?.kind === kind && !route.path.includes(':');
