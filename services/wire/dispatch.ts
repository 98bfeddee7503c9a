/** From a request to a route, as Werkzeug's map does it: HEAD where GET is, OPTIONS everywhere, 405 with the path's methods. */
import { createMatch } from '../../contract/match.ts';
import type { Route, RouteTable } from '../../contract/route-table.ts';

export type Match =
  | { found: 'route'; route: Route; params: Record<string, string> }
  | { found: 'options'; allow: string[] }
  | { found: 'no-method'; allow: string[] }
  | { found: 'nothing' };

/** @returns what finds a method and a raw path (no query) in the table */
export function createDispatch(table: RouteTable): (method: string, path: string) => Match {
  const match = createMatch(table);
  return (method, path) => {
    const matched = match(path);
    if (!matched) return { found: 'nothing' };
    const wanted = method === 'HEAD' ? 'GET' : method;
    const route = matched.routes.find((candidate) => candidate.method === wanted);
    if (route) return { found: 'route', route, params: matched.params };
    const allow = allowed(matched.routes);
    return method === 'OPTIONS' ? { found: 'options', allow } : { found: 'no-method', allow };
  };
}

function allowed(routes: readonly Route[]): string[] {
  return [...routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'];
}
