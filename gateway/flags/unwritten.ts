/**
 * Changes that are in force and that the flag file does not say: a read-only mount or a full disk must keep neither a guard
 * nor a person from moving clients. The data folder keeps them, so a restart does not undo a guard. Whoever edits the route
 * in the file afterwards is right.
 */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { FlagFile, NamedRoute } from './flag-file.ts';
import type { Mode, Unwritten, UnwrittenFlags } from './model.ts';

export type UnwrittenRoutes = ReadonlyMap<RouteKey, Unwritten>;

/** The mode that a flag file has for a route. */
const saidOf = (routes: FlagFile['routes'], route: RouteKey): Mode => routes.get(route)?.mode ?? 'legacy';

/** The changes that still count beside what the file says now: the file has neither caught up nor been edited since. */
export function stillUnwritten(routes: FlagFile['routes'], unwritten: UnwrittenRoutes): UnwrittenRoutes {
  return new Map(
    [...unwritten].filter(([route, { mode, said }]) => {
      const now = saidOf(routes, route);
      return now !== mode && now === said;
    }),
  );
}

/** The file's routes as they take force. */
export function inForce(routes: FlagFile['routes'], unwritten: UnwrittenRoutes): FlagFile['routes'] {
  if (unwritten.size === 0) return routes;
  const named = new Map<RouteKey, NamedRoute>(routes);
  for (const [route, { mode }] of stillUnwritten(routes, unwritten))
    named.set(route, { mode, comment: undefined });
  return named;
}

/** Changes that could not be written, beside what the file says. */
export function leftUnwritten(
  routes: FlagFile['routes'],
  changes: ReadonlyMap<RouteKey, Mode>,
  { who, why, since, reason }: { who: string; why: string; since: string; reason: string },
): UnwrittenRoutes {
  return new Map(
    [...changes].map(([route, mode]) => [
      route,
      { mode, said: saidOf(routes, route), since, by: who, why, reason },
    ]),
  );
}

export const modesOf = (routes: ReadonlyMap<RouteKey, { mode: Mode }>): Map<RouteKey, Mode> =>
  new Map([...routes].map(([route, { mode }]) => [route, mode]));

/** For the log: what is in force and not in the file, and what a person has to change there. */
export function differs({ routes, edits }: UnwrittenFlags): string {
  const modes = routes.map(({ route, mode, said }) => `${route} is ${mode}, the file says ${said}`);
  const [first] = routes;
  const lines = edits.map(({ line, becomes }) => `line ${line}: ${becomes.trim()}`);
  const change = lines.length > 0 ? ` Change it there: ${lines.join('; ')}` : '';
  return `the flag file could not be written (${first?.reason ?? ''}) and says something else than what is in force: ${modes.join('; ')}.${change}`;
}
