/** What a route table must say for everything that reads it to work. */
import { parametersOf } from './fill.ts';
import type { Place, Route, RouteTable } from './route-table.ts';

/**
 * Checks a table once, when it is put together.
 * @throws Error that lists every fault: duplicate keys, keys that do not say `METHOD path`, unknown parameters or probes,
 * a restart that makes legacy forget something that is not said.
 */
export function defineRouteTable(table: RouteTable): RouteTable {
  const faults: string[] = [];
  const keys = new Set<string>();
  for (const route of table.routes) {
    if (keys.has(route.key)) faults.push(`${route.key}: named twice`);
    keys.add(route.key);
    if (route.key !== `${route.method} ${route.path}`)
      faults.push(`${route.key}: the key must be "${route.method} ${route.path}"`);
    const parameters = parametersOf(route.path);
    for (const place of placesOf(route))
      if (place.in === 'path' && !parameters.includes(place.name))
        faults.push(`${route.key}: the path has no parameter "${place.name}"`);
    if (route.access === 'write' && !route.probe) faults.push(`${route.key}: a write needs a probe`);
    faults.push(...faultsOfForgotten(route));
  }
  for (const route of table.routes)
    if (route.probe && !keys.has(route.probe.read))
      faults.push(`${route.key}: the probe reads "${route.probe.read}", which is not a route`);
  if (faults.length > 0) throw new Error(`The route table is wrong:\n  ${faults.join('\n  ')}`);
  return Object.freeze(table);
}

function faultsOfForgotten({ key, access, forgotten }: Route): string[] {
  if (!forgotten) return [];
  const { lists = [], counts = [], status } = forgotten;
  return [
    ...(access === 'write' ? [`${key}: only a read can say what legacy forgets`] : []),
    ...(lists.length === 0 && status === undefined
      ? [`${key}: \`forgotten\` names neither a list nor a status`]
      : []),
    ...(lists.length === 0 && counts.length > 0
      ? [`${key}: \`forgotten\` counts the elements of no list`]
      : []),
  ];
}

function placesOf(route: Route): Place[] {
  const keys = route.keys.flatMap((key) => ('one' in key ? [key.named] : []));
  return [...keys, ...route.ids.map((id) => id.place), ...route.times.map((time) => time.place)];
}
