/** What the console and the command line show of the flags. */
import { type RouteKey, type RouteTable, routeKeys } from '../../contract/route-table.ts';
import { type FlagFault, type FlagInForce, type FlagsInForce, servedBy } from '../flags/model.ts';

export interface RouteStatus extends FlagInForce {
  route: RouteKey;
  serving: string;
  /** The phase that the route is flipped with. */
  phase: string | null;
}

export interface Status {
  application: string;
  ready: boolean;
  epoch: number;
  flagFile: string;
  routes: RouteStatus[];
  faults: readonly FlagFault[];
  /** Changes in force that the audit log does not have yet. */
  unrecorded: number;
}

/** The rows of the table, in its order. */
export function routeStatuses(table: RouteTable, flags: FlagsInForce): RouteStatus[] {
  const phaseOf = new Map(
    [...flags.phases].flatMap(([phase, routes]) => routes.map((route) => [route, phase])),
  );
  return routeKeys(table).flatMap((route) => {
    const flag = flags.routes.get(route);
    return flag ? [{ route, ...flag, serving: servedBy[flag.mode], phase: phaseOf.get(route) ?? null }] : [];
  });
}
