/** What the console and the command line show of the flags. */
import { type RouteKey, type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import type { Alarm } from '../continuity/alarms/alarm.ts';
import { type Mode, nameOf } from '../continuity/protocol/modes.ts';
import { roles } from '../continuity/protocol/roles.ts';
import type { FlagFault, FlagInForce, FlagsInForce, UnwrittenFlags } from '../flags/model.ts';
import type { BlockedGuard } from '../guards/guard.ts';

export interface RouteStatus extends FlagInForce {
  route: RouteKey;
  /** Who serves, who is asked or fed beside it, for people. */
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
  /** What backends do that the route table does not describe. */
  alarms: readonly Alarm[];
  /** Changes in force that the audit log does not have yet. */
  unrecorded: number;
  /** What is in force and not in the flag file, because it could not be written; null: the file says all of it. */
  unwritten: UnwrittenFlags | null;
  /** Guards that would act and cannot. */
  blockedGuards: readonly BlockedGuard[];
}

/** The rows of the table, in its order. */
export function routeStatuses(table: RouteTable, flags: FlagsInForce): RouteStatus[] {
  const phaseOf = new Map(
    [...flags.phases].flatMap(([phase, routes]) => routes.map((route) => [route, phase])),
  );
  return routeKeys(table).flatMap((route) => {
    const flag = flags.routes.get(route);
    return flag ? [{ route, ...flag, serving: servingIn(flag.mode), phase: phaseOf.get(route) ?? null }] : [];
  });
}

/** From the table of modes: `new for 10%`, `legacy, new asked too`. */
function servingIn(mode: Mode): string {
  const name = nameOf(mode);
  const { read, write } = roles[name];
  if (read.serves === 'share') return `new for ${mode.slice('canary:'.length)}`;
  if (read.compared === 'asked') return `${read.serves}, new asked too`;
  return write.fed.includes('legacy') ? read.serves : `${read.serves} alone`;
}
