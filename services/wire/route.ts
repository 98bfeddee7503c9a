/** From a request's target to a route, as Werkzeug's map finds it, for every path there is. */
import type { Route, RouteTable } from '../../contract/route-types.ts';
import { mergeSlashes, type PathReading, type ReadPath, readPath } from './paths.ts';
import { type Redirect, redirectTo } from './redirect.ts';

export type Routed =
  | { found: 'route'; route: Route; params: Record<string, string> }
  | { found: 'options'; allow: string[] }
  | { found: 'no-method'; allow: string[] }
  | { found: 'nothing' }
  | { found: 'redirect'; redirect: Redirect }
  /** See `PathReading`; `address`: the redirect would have to name a host that it cannot name. */
  | { found: 'refused'; why: Extract<PathReading, { refused: string }>['refused'] | 'address' };

interface Candidate {
  method: string;
  /** None where the framework itself answers. */
  route?: Route;
  params: Record<string, string>;
}

/**
 * Flask's own route for static files, `/static/<path:filename>`: the legacy app has it and no such file. Werkzeug reads a path
 * parameter as `[^/].*`, and a dot in Python's expressions stops at a newline alone.
 */
const staticFile = /^\/static\/[^/][^\n]*$/;

/**
 * @returns what finds a method, a raw target and a Host header in the table. Parameters are decoded as Python does it:
 *   bytes that are no UTF-8 are replacement characters.
 */
export function createRouter(table: RouteTable): (method: string, target: string, host: string) => Routed {
  const patterns = table.routes.map((route) => ({ route, pattern: route.path.split('/') }));

  return (method, target, host) => {
    const reading = readPath(target, host);
    if ('refused' in reading) return { found: 'refused', why: reading.refused };
    const candidates = candidatesFor(reading.path);
    const direct = serving(candidates, method);
    if (direct) return found(method, direct, candidates);
    return merged(method, reading, candidates);
  };

  /** Where nothing serves a path as it is, its doubled slashes may be what is in the way. */
  function merged(method: string, reading: ReadPath, candidates: Candidate[]): Routed {
    const path = mergeSlashes(reading.path);
    const others = path === reading.path ? [] : candidatesFor(path);
    if (!serving(others, method)) {
      const all = [...candidates, ...others];
      return all.length > 0 ? { found: 'no-method', allow: allowed(all) } : { found: 'nothing' };
    }
    const redirect = redirectTo(path, reading);
    return redirect ? { found: 'redirect', redirect } : { found: 'refused', why: 'address' };
  }

  /** The routes of a path; those that name more of it come first. */
  function candidatesFor(path: string): Candidate[] {
    const segments = path.split('/');
    const routes = patterns
      .filter(({ pattern }) => fits(pattern, segments))
      .sort((a, b) => firstParameter(a.pattern) - firstParameter(b.pattern))
      .map(({ route, pattern }) => ({ method: route.method, route, params: paramsOf(pattern, segments) }));
    return staticFile.test(path) ? [...routes, { method: 'GET', params: {} }] : routes;
  }
}

function fits(pattern: string[], segments: string[]): boolean {
  if (pattern.length !== segments.length) return false;
  return pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]));
}

/** Negative, so that a route with a later first parameter sorts first. */
function firstParameter(pattern: string[]): number {
  const at = pattern.findIndex((part) => part.startsWith(':'));
  return at === -1 ? Number.NEGATIVE_INFINITY : -at;
}

function paramsOf(pattern: string[], segments: string[]): Record<string, string> {
  const named = pattern.flatMap((part, i) =>
    part.startsWith(':') ? [[part.slice(1), segments[i] ?? '']] : [],
  );
  return Object.fromEntries(named);
}

/** Every path answers OPTIONS, and HEAD where it answers GET. */
function serving(candidates: Candidate[], method: string): Candidate | undefined {
  if (method === 'OPTIONS') return candidates[0];
  return candidates.find((candidate) => candidate.method === (method === 'HEAD' ? 'GET' : method));
}

function found(method: string, { route, params }: Candidate, candidates: Candidate[]): Routed {
  if (method === 'OPTIONS') return { found: 'options', allow: allowed(candidates) };
  return route ? { found: 'route', route, params } : { found: 'nothing' };
}

function allowed(candidates: Candidate[]): string[] {
  const methods = candidates.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...new Set([...methods, 'OPTIONS'])];
}
