/** Which routes show what of an entity, and which list all entities of a kind. */
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
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

/** The kinds whose entities are listed, so that the entities of both backends are known. */
export const listedKinds = ({ routes }: RouteTable): string[] => [
  ...new Set(routes.flatMap(({ elements }) => (elements ? [elements.kind] : []))),
];

function parameterOf({ access, polling, keys, path }: Route, kind: string): string | undefined {
  const [key, ...others] = keys;
  if (access !== 'read' || polling || !key || !('one' in key) || others.length > 0) return undefined;
  const isAlone = [...path.matchAll(/:\w+/g)].length === 1;
  return key.one === kind && key.named.in === 'path' && isAlone ? key.named.name : undefined;
}

const isListOf = (route: Route, kind: string): route is Route & ListRoute =>
  route.access === 'read' && route.elements?.kind === kind && !route.path.includes(':');
