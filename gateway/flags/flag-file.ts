/** What a person wrote in the flag file, once it is read; what is in force is the model. */

import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { FittingRules } from './fitting.ts';
import type { EvidenceMode, FlagFault, Guards, Mode } from './model.ts';

/** What a person wrote, once it is known to be right. */
export interface FlagFile {
  /** The routes that the file names; the others are legacy. */
  routes: ReadonlyMap<RouteKey, NamedRoute>;
  phases: ReadonlyMap<string, readonly RouteKey[]>;
  /** Whether a route without evidence may be flipped: `enforce` refuses, `warn` lets it pass and says so. */
  evidence: EvidenceMode;
  /** What rolls a route back by itself; undefined: nothing. */
  guards: Guards | undefined;
  /** The share of the reads in mode `shadow` that are compared. */
  sample: number;
}

export interface NamedRoute {
  mode: Mode;
  /** The comment at the end of the route's line, which says why. */
  comment: string | undefined;
}

/** What a flag file is held against. */
export interface FlagRules extends FittingRules {
  table: RouteTable;
  /** The rows that the new backend can serve; all where it is left out. */
  implemented?: ReadonlySet<RouteKey> | undefined;
  /** Why `new` may not serve a route where evidence is enforced; undefined where it may. */
  lacking?: ((route: RouteKey, mode: Mode) => string | undefined) | undefined;
  /** Which alarm speaks against letting `new` serve a route, whatever the file says of evidence; undefined if none does. */
  alarmed?: ((route: RouteKey, mode: Mode) => string | undefined) | undefined;
}

export type FlagReading = { ok: true; flags: FlagFile } | { ok: false; faults: FlagFault[] };
