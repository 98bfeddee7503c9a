/** What a person names in a command: a route, a phase, or everything. */
import { type RouteKey, type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../errors.ts';
import { nearest } from './nearest.ts';

/**
 * The routes that a target stands for.
 * @param target a route's key (spaces and the method's case do not matter), a phase's name, or undefined: every row.
 * @throws BanyanError `unknown_target`, with the nearest names.
 */
export function resolveTarget(
  target: string | undefined,
  table: RouteTable,
  phases: ReadonlyMap<string, readonly RouteKey[]>,
): readonly RouteKey[] {
  const keys = routeKeys(table);
  if (target === undefined) return keys;
  const name = target.trim().replace(/\s+/g, ' ');
  const [method = '', path] = name.split(' ');
  const key = keys.find((known) => known === name || known === `${method.toUpperCase()} ${path}`);
  if (key !== undefined) return [key];
  const phase = phases.get(name);
  if (phase) return phase;
  const meant = nearest(name, [...keys, ...phases.keys()]);
  const hint = meant.length > 0 ? `; did you mean ${meant.map((word) => `"${word}"`).join(' or ')}?` : '.';
  throw new BanyanError('unknown_target', { target: name, hint });
}
