/** Which routes have to stay legacy while nobody has said whether writes are journaled. */
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';

/**
 * @param setting CONTINUITY; `off` is a decision, undefined is none
 * @returns why a route has to stay legacy; undefined where it may leave it
 */
export function boundWithoutJournal(
  setting: 'on' | 'off' | undefined,
  { routes }: RouteTable,
): (route: RouteKey) => string | undefined {
  const stateful = new Set(routes.flatMap(({ key, keys }) => (keys.length > 0 ? [key] : [])));
  return (route) => (setting === undefined && stateful.has(route) ? reason : undefined);
}

const reason =
  'it has state, and without state continuity each backend keeps what was written to the other from its clients. ' +
  'Start Banyan with CONTINUITY=on; or with CONTINUITY=off where that does not matter.';
