/** Modes that a route cannot be in, beside others in theirs: what the flag file's grammar cannot say. */
import type { Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { kindsOf } from '../continuity/protocol/keys.ts';
import { type Mode, nameOf } from '../continuity/protocol/modes.ts';
import { newServes } from '../continuity/protocol/roles.ts';

export interface Unfit {
  route: RouteKey;
  mode: Mode;
  /** A sentence that says what to do. */
  reason: string;
}

export interface FittingRules {
  table: RouteTable;
  /** Why a route has to stay legacy, as a sentence; undefined where it may leave it. */
  bound?: ((route: RouteKey) => string | undefined) | undefined;
  /** Whether a write route is completed already. */
  completed?: ((route: RouteKey) => boolean) | undefined;
}

/** @param modes of every route; one that is missing is legacy */
export function unfit(modes: ReadonlyMap<RouteKey, Mode>, rules: FittingRules): Unfit[] {
  const { table, bound, completed } = rules;
  const modeOf = (route: RouteKey): Mode => modes.get(route) ?? 'legacy';
  const found: Unfit[] = [];
  const refuse = (route: RouteKey, reason: string | undefined) => {
    if (reason !== undefined) found.push({ route, mode: modeOf(route), reason });
  };
  for (const [route, mode] of modes) {
    if (mode !== 'legacy') refuse(route, bound?.(route));
    if (nameOf(mode) === 'canary' && !shareKey(table, route))
      refuse(route, 'a canary is by chat, and a request of this route names none. Take `shadow` or `new`.');
  }
  for (const route of table.routes) {
    if (route.access !== 'write') continue;
    if (modeOf(route.key) !== 'complete') {
      if (completed?.(route.key)) refuse(route.key, noWayBack);
      continue;
    }
    const behind = sharing(table, route).filter((key) => !newServes(modeOf(key)));
    if (behind.length > 0)
      refuse(
        route.key,
        `legacy would no longer be given its writes, and still serves routes that read them: ${behind.map((key) => `\`${key}\``).join(', ')}. Flip those to \`new\` first.`,
      );
  }
  return found;
}

const noWayBack =
  'it is completed: legacy has not been given its writes since, so there is no way back. Leave it `complete`.';

/** The routes that a rollback has to leave behind, each with the reason: what is completed, and what shares its data. */
export function heldByCompleted({ table, completed }: FittingRules): ReadonlyMap<RouteKey, string> {
  const routes = table.routes.filter(({ key, access }) => access === 'write' && completed?.(key));
  const held = new Map<RouteKey, string>();
  for (const route of routes)
    for (const key of sharing(table, route)) if (!held.has(key)) held.set(key, sharesWith(route.key));
  for (const { key } of routes) held.set(key, 'Completed: legacy has not been given its writes since.');
  return held;
}

const sharesWith = (completed: RouteKey) =>
  `Data in common with ${completed}, which is completed: legacy lacks what was written since.`;

/** The other routes that touch what this one touches. */
function sharing({ routes }: RouteTable, route: Route): RouteKey[] {
  const kinds = kindsOf(route);
  return routes
    .filter((other) => other !== route && kindsOf(other).some((kind) => kinds.includes(kind)))
    .map(({ key }) => key);
}

/** What a route's requests are shared out by: the entity that their path names. */
export function shareKey(
  { routes }: RouteTable,
  route: RouteKey,
): { kind: string; name: string } | undefined {
  for (const key of routes.find((candidate) => candidate.key === route)?.keys ?? [])
    if ('one' in key && key.named.in === 'path') return { kind: key.one, name: key.named.name };
  return undefined;
}
