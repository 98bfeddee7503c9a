/** Finds the routes of a canonical path, without a framework: for what is not served through one. */
import { parametersOf } from './fill.ts';
import type { Route, RouteTable } from './route-table.ts';

export interface PathMatch {
  /** The path's routes in table order, at least one. */
  routes: readonly Route[];
  /** Path parameters, decoded. */
  params: Record<string, string>;
}

interface Pattern {
  matches: RegExp;
  names: string[];
  routes: Route[];
}

/** @returns what finds a raw, canonical path (no query) in the table; a parameter is one non-empty segment */
export function createMatch(table: RouteTable): (path: string) => PathMatch | undefined {
  const byPath = new Map<string, Pattern>();
  for (const route of table.routes) {
    const pattern = byPath.get(route.path) ?? patternOf(route.path);
    byPath.set(route.path, pattern);
    pattern.routes.push(route);
  }
  const patterns = [...byPath.values()];
  return (path) => {
    for (const { matches, names, routes } of patterns) {
      const match = matches.exec(path);
      if (match) return { routes, params: paramsOf(names, match) };
    }
    return undefined;
  };
}

function patternOf(path: string): Pattern {
  const names = parametersOf(path);
  const source = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '([^/]+)');
  return { matches: new RegExp(`^${source}$`), names, routes: [] };
}

function paramsOf(names: string[], match: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1] ?? '')]));
}
