/** What a run found, by route: `result.json`, and what the exit code says. */
import { type AcceptedRule, inForceWithout } from '@banyan/compare/accept.ts';
import type { Difference } from '@banyan/compare/answer.ts';
import { type RouteKey, type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import type { Compared, ExchangeOutcome, Noise, Pair } from './compared.ts';
import type { GraphCheck } from './graph-check.ts';
import type { ProbeVerdicts } from './probes.ts';

export interface Counts {
  exchanges: number;
  matched: number;
  accepted: number;
  divergent: number;
  /** The new backend has no such route yet, or is never given such a path: replayed against legacy alone, not passed. */
  untested: number;
}

export type RouteState =
  | 'same'
  | 'same but for accepted differences'
  | 'divergent'
  /** Some of its exchanges were of the kind that the gateway leaves to legacy. */
  | 'same where there is TypeScript'
  | 'no TypeScript yet'
  | 'not recorded';

export interface RouteResult extends Counts {
  state: RouteState;
}

export interface Divergence {
  recording: string;
  /** The exchange's place in the recording, from 1. */
  exchange: number;
  request: string;
  pair: Pair;
  differences: Difference[];
}

export interface Result extends Counts {
  routes: Record<RouteKey, RouteResult>;
  recordings: Record<string, Counts>;
  divergences: Divergence[];
  /** How often each rule accepted a difference; rules that did not have 0. */
  acceptedBy: Record<string, number>;
  /** How often something was not compared, by the name of the rule. */
  tolerated: Record<string, number>;
  /** Ids and times that were matched by rule. */
  volatile: number;
  /** How often a read was repeated while an upload was processed, until it showed what was recorded. */
  repeats: number;
  /** Rules of the register that have expired, which fails the run. */
  expiredRules: string[];
  /** Rules in force that a run of everything did not use, which fails it: they would hide what nobody expects. */
  unusedRules: string[];
  /** Quirks that the new backend was said not to have any more. */
  retired: readonly string[];
  /** Exchanges for which either side asked the model, prompts compared; `unseen` where no relay showed them. */
  prompts: number | 'unseen';
  /** What the route table says of ids and times, held against the traffic. */
  values: GraphCheck;
  /** Where legacy does not answer as recorded: is it noise, or is the recording not true? */
  noise: Noise[];
  /** Whether the probes of the write routes find what happened, and nothing else; empty where they were not tried. */
  probes: ProbeVerdicts;
}

export interface ResultInput {
  table: RouteTable;
  rules: readonly AcceptedRule[];
  today: string;
  outcomes: readonly ExchangeOutcome[];
  /** Routes of the new backend; undefined: all of them. */
  implemented: ReadonlySet<RouteKey> | undefined;
  retired?: readonly string[];
  /** Every recording ran against fresh backends: a rule that was not used is of no use. */
  everything?: boolean;
  values?: GraphCheck;
  noise?: Noise[];
  probes?: ProbeVerdicts;
}

export function resultOf(input: ResultInput): Result {
  const { table, rules, today, outcomes, implemented, retired = [] } = input;
  const compared = outcomes.flatMap((outcome) => outcome.compared);
  const keys = new Set([...routeKeys(table), ...outcomes.map(({ route }) => route)]);
  const routes = [...keys].map((key): [RouteKey, RouteResult] => {
    const counts = countsOf(outcomes.filter(({ route }) => route === key));
    return [key, { ...counts, state: stateOf(counts, implemented?.has(key) ?? true) }];
  });
  const names = [...new Set(outcomes.map(({ recording }) => recording))];
  const inForce = inForceWithout(retired, rules);
  const acceptedBy = {
    ...Object.fromEntries(inForce.map(({ name }) => [name, 0])),
    ...tally(compared.flatMap(({ judgement }) => judgement.accepted.map(({ rule }) => rule))),
  };
  const asked = compared.flatMap(({ calls }) => calls ?? []);
  return {
    ...countsOf(outcomes),
    routes: Object.fromEntries(routes),
    recordings: Object.fromEntries(
      names.map((name) => [name, countsOf(outcomes.filter(({ recording }) => recording === name))]),
    ),
    divergences: compared.filter(({ judgement }) => judgement.verdict === 'divergent').map(divergenceOf),
    acceptedBy,
    tolerated: tally(compared.flatMap(({ tolerated }) => tolerated.map(({ rule }) => rule))),
    volatile: compared.reduce((sum, { volatile }) => sum + volatile, 0),
    repeats: compared.reduce((sum, { repeats }) => sum + repeats, 0),
    expiredRules: inForce.filter(({ expires }) => today > expires).map(({ name }) => name),
    unusedRules: input.everything ? unused(inForce, acceptedBy, implemented) : [],
    retired,
    prompts:
      asked.length > 0 ? asked.filter(({ left, right }) => left.length + right.length > 0).length : 'unseen',
    values: input.values ?? { undeclared: [], unseen: [] },
    noise: input.noise ?? [],
    probes: input.probes ?? {},
  };
}

/** Rules of routes that the new backend has, that nothing was accepted by. */
function unused(
  rules: readonly AcceptedRule[],
  acceptedBy: Record<string, number>,
  implemented: ReadonlySet<RouteKey> | undefined,
): string[] {
  return rules
    .filter(({ name, route, dependsOnTiming }) => {
      return !acceptedBy[name] && !dependsOnTiming && (implemented?.has(route) ?? true);
    })
    .map(({ name }) => name);
}

/** Nothing diverged, no rule has expired or is of no use, the table has every field and right probes, and something was compared. */
export function isGreen(result: Result): boolean {
  const { divergent, expiredRules, unusedRules, values, exchanges, probes } = result;
  return (
    divergent === 0 &&
    exchanges > 0 &&
    Object.values(probes).every(({ state }) => state !== 'wrong') &&
    [expiredRules, unusedRules, values.undeclared].every((list) => list.length === 0)
  );
}

function countsOf(outcomes: readonly ExchangeOutcome[]): Counts {
  const count = (wanted: ExchangeOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  return {
    exchanges: outcomes.length,
    matched: count('matched'),
    accepted: count('accepted'),
    divergent: count('divergent'),
    untested: count('untested'),
  };
}

function stateOf({ exchanges, divergent, accepted, untested }: Counts, implemented: boolean): RouteState {
  if (divergent > 0) return 'divergent';
  if (!implemented) return 'no TypeScript yet';
  if (exchanges === 0) return 'not recorded';
  if (untested === exchanges) return 'no TypeScript yet';
  if (untested > 0) return 'same where there is TypeScript';
  return accepted > 0 ? 'same but for accepted differences' : 'same';
}

function divergenceOf({ recording, index, method, target, pair, judgement }: Compared): Divergence {
  const { differences } = judgement;
  return { recording, exchange: index + 1, request: `${method} ${target}`, pair, differences };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
