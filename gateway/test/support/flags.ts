/** Flags in force that no file says. */
import { type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import type { FlagsInForce, Mode } from '../../flags/model.ts';

/** @param modes by route; legacy for those that are not named */
export function flagsOf(table: RouteTable, modes: Record<string, Mode>): FlagsInForce {
  const flag = (key: string) => ({ mode: modes[key] ?? 'legacy', since: '2026-01-01T00:00:00Z', by: 'test' });
  return {
    epoch: 1,
    routes: new Map(routeKeys(table).map((key) => [key, flag(key)])),
    phases: new Map(),
    guards: undefined,
    sample: 1,
  };
}
