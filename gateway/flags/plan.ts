/** What a flip would change, what it leaves behind, and what refuses it: asked by the command itself, and before it by its dry run. */
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { isForth } from '../continuity/protocol/roles.ts';
import { BanyanError } from '../errors.ts';
import { type FittingRules, heldByCompleted, unfit } from './fitting.ts';
import type { EvidenceMode, FlagInForce, Mode } from './model.ts';
import { resolveTarget } from './target.ts';

/** A flip that somebody asks for. */
export interface Asked {
  /** A route's key or a phase's name; every route where it is undefined. */
  target: string | undefined;
  mode: Mode;
}

/** What a plan is made by: of the flags in force, or of the flag file while no gateway runs. */
export interface PlanGround {
  table: RouteTable;
  routes: ReadonlyMap<RouteKey, Pick<FlagInForce, 'mode'>>;
  phases: ReadonlyMap<string, readonly RouteKey[]>;
  evidence: EvidenceMode;
  fitting: FittingRules;
  implemented: ReadonlySet<RouteKey> | undefined;
  /** Why a route lacks evidence; undefined where it is proven. */
  lacking: (route: RouteKey) => string | undefined;
  /** Which alarm speaks against a route; undefined if none does. */
  alarmed: (route: RouteKey) => string | undefined;
  /** Why a route may not be completed, as both backends were not compared, or differ; undefined if it may. */
  uncompared?: ((route: RouteKey) => string | undefined) | undefined;
  /** Why nothing is flipped towards legacy unless a person insists; undefined if nothing speaks against it. */
  legacyBlocked?: (() => string | undefined) | undefined;
}

export interface PlannedChange {
  route: RouteKey;
  from: Mode;
  to: Mode;
}

/** A route that a rollback cannot take along. */
export interface LeftRoute {
  route: RouteKey;
  mode: Mode;
  /** A sentence. */
  reason: string;
}

export interface Refusal {
  /** What the command fails with. */
  error: BanyanError;
  /** What a person can say so that the flip is done all the same: `--force`, or `--yes`. */
  unless?: 'force' | 'yes';
}

/** A route with what speaks against it, as a sentence. */
export interface Against {
  route: RouteKey;
  reason: string;
}

export interface Plan {
  /** Every route that is named. */
  named: readonly RouteKey[];
  changes: PlannedChange[];
  left: LeftRoute[];
  /** The first that a person has not overcome is what the command fails with. */
  refusals: Refusal[];
  /** Of the routes that change: those of which the new backend gets more, and that are not proven for it. */
  unproven: Against[];
  alarmed: Against[];
}

/** @throws BanyanError `unknown_target` */
export function planOf({ target, mode }: Asked, ground: PlanGround): Plan {
  const { table, routes, phases } = ground;
  const named = resolveTarget(target, table, phases);
  const modeOf = (route: RouteKey): Mode => routes.get(route)?.mode ?? 'legacy';
  const held = mode === 'legacy' ? heldByCompleted(ground.fitting) : new Map<RouteKey, string>();
  const changes: PlannedChange[] = [];
  const left: LeftRoute[] = [];
  for (const route of named) {
    const from = modeOf(route);
    const reason = held.get(route);
    if (from === mode) continue;
    if (reason === undefined) changes.push({ route, from, to: mode });
    else left.push({ route, mode: from, reason });
  }
  const forth = changes.filter(({ from, to }) => isForth(from, to));
  const unproven = against(forth, ground.lacking);
  const alarmed = against(forth, ground.alarmed);
  const refusals = refusalsOf(mode, changes, { unproven, alarmed }, ground);
  return { named, changes, left, refusals, unproven, alarmed };
}

const against = (changes: readonly PlannedChange[], why: (route: RouteKey) => string | undefined) =>
  changes.flatMap(({ route }): Against[] => {
    const reason = why(route);
    return reason === undefined ? [] : [{ route, reason }];
  });

function refusalsOf(
  mode: Mode,
  changes: readonly PlannedChange[],
  { unproven, alarmed }: Pick<Plan, 'unproven' | 'alarmed'>,
  ground: PlanGround,
): Refusal[] {
  if (changes.length === 0) return [];
  const { implemented, routes, fitting, evidence } = ground;
  const missing = changes.filter(({ route }) => mode !== 'legacy' && implemented?.has(route) === false);
  const now = [...routes].map(([route, flag]): [RouteKey, Mode] => [route, flag.mode]);
  const [first] = unfit(new Map([...now, ...changes.map(({ route }) => [route, mode] as const)]), fitting);
  const [differing] = mode === 'complete' && ground.uncompared ? against(changes, ground.uncompared) : [];
  const lost = mode === 'legacy' ? ground.legacyBlocked?.() : undefined;
  const [alarm] = alarmed;
  const [lack] = evidence === 'enforce' ? unproven : [];
  const listed = (those: readonly { route: RouteKey }[]) => those.map(({ route }) => route).join(', ');
  return [
    ...(missing.length > 0
      ? [{ error: new BanyanError('not_implemented', { routes: listed(missing) }) }]
      : []),
    ...(first ? [{ error: new BanyanError('mode_refused', { ...first }) }] : []),
    ...(mode === 'complete'
      ? [
          {
            error: new BanyanError('complete_unconfirmed', { routes: listed(changes) }),
            unless: 'yes' as const,
          },
        ]
      : []),
    ...(lost === undefined
      ? []
      : [{ error: new BanyanError('legacy_lacks_data', { reason: lost }), unless: 'force' as const }]),
    ...(differing
      ? [{ error: new BanyanError('no_clean_diff', { ...differing }), unless: 'force' as const }]
      : []),
    ...(alarm ? [{ error: new BanyanError('route_alarmed', { ...alarm }), unless: 'force' as const }] : []),
    ...(lack ? [{ error: new BanyanError('no_evidence', { ...lack }), unless: 'force' as const }] : []),
  ];
}

/** Those of the refusals that a person has not overcome. */
export const standing = (refusals: readonly Refusal[], said: { force: boolean; yes: boolean }): Refusal[] =>
  refusals.filter(({ unless }) => unless === undefined || !said[unless]);
