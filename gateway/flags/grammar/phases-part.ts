/**
 * The `phases` part of the flag file: named sets of routes that are flipped together.
 *
 * A file may do without phases. Where it has them, they are the plan of the cutover, so each route is in exactly one:
 * a route that was forgotten would never be moved.
 */

import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import { type Check, entries, type Part, unknownRoute, valueAt } from './check.ts';

export function checkPhases(part: Part | undefined, check: Check): Map<string, RouteKey[]> {
  const phases = new Map<string, RouteKey[]>();
  const map = part?.value;
  if (!isMap(map)) {
    if (!isAlias(map) && check.whole)
      check.fault(part?.at ?? 0, '`phases` must be a map: `name: [route, route]` for each phase.');
    return phases;
  }
  const phaseOf = new Map<RouteKey, string>();
  for (const { name, at, value } of entries(map, check)) {
    if (phases.has(name)) {
      check.fault(at, `The phase \`${name}\` stands twice; put both into one.`);
      continue;
    }
    // A name without spaces can never be taken for a route.
    if (!/^[\w-]+$/.test(name))
      check.fault(at, `A phase's name has letters, digits, - and _ only, not \`${name}\`.`);
    phases.set(name, routesOf({ value, at }, name, phaseOf, check));
  }
  const left = check.keys.filter((key) => !phaseOf.has(key));
  if (left.length > 0 && check.whole)
    check.fault(
      part?.at ?? 0,
      `Every route must be in a phase; these are in none: ${left.map((key) => `\`${key}\``).join(', ')}.`,
    );
  return phases;
}

function routesOf(part: Part, phase: string, phaseOf: Map<RouteKey, string>, check: Check): RouteKey[] {
  const { value: list, at } = part;
  if (isAlias(list)) return [];
  if (!isSeq(list) || list.items.length === 0) {
    if (check.whole)
      check.fault(at, `The phase \`${phase}\` must be a list of one route or more: \`[route, route]\`.`);
    return [];
  }
  const routes: RouteKey[] = [];
  for (const item of list.items) {
    if (isAlias(item)) continue;
    const itemAt = valueAt(item, at);
    const key = isScalar(item) && typeof item.value === 'string' ? item.value : undefined;
    if (key === undefined)
      check.fault(itemAt, 'A phase lists routes by name: `METHOD /path`, without a mode.');
    else if (!check.keys.includes(key)) check.fault(itemAt, () => unknownRoute(key, check.keys));
    else if (phaseOf.has(key)) check.fault(itemAt, alreadyIn(key, phase, phaseOf.get(key)));
    else {
      phaseOf.set(key, phase);
      routes.push(key);
    }
  }
  return routes;
}

function alreadyIn(key: RouteKey, phase: string, other: string | undefined): string {
  return other === phase
    ? `\`${key}\` is in the phase \`${phase}\` twice.`
    : `\`${key}\` is in the phase \`${other}\` already; a route is in one phase.`;
}
