/** The row of the route table that a request belongs to, and what its path says. */
import type { PathMatch } from '@banyan/route-table/match.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Target } from '../edge/target.ts';

/** What every row has: a route's, and the last one's. */
export interface Row {
  key: RouteKey;
  longest: number;
}

export interface Found {
  target: Target;
  row: Row;
  /** The routes of the path, and its parameters; undefined if the path is not canonical, or no route's. */
  match: PathMatch | undefined;
}

/**
 * Finds what the router finds for a GET, for requests that do not come to Hono: those for another protocol.
 * Every method of a path that has no GET follows the path's first route; every other path is the last row.
 */
export function createFindGet(table: RouteTable): (target: Target) => Found {
  const matchOf = createMatch(table);
  return (target) => {
    const match = target.canonical ? matchOf(target.path) : undefined;
    const row = match?.routes.find((route) => route.method === 'GET') ?? match?.routes[0];
    return { target, row: row ?? table.anythingElse, match };
  };
}
