/** Asks both backends one read, and holds the answers against each other. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Difference } from '@banyan/compare/answer.ts';
import { filledPath } from '@banyan/route-table/fill.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { compareReads } from '../shadow/compare-reads.ts';
import type { Sides } from '../sides/sides.ts';
import { withForgotten } from './forgotten.ts';
import type { Comparison } from './outcome.ts';

export interface ReadOptions {
  sides: Sides;
  /** Differences that a person signed off. */
  rules: readonly AcceptedRule[];
}

/** Both answers as clients know them. */
export interface Shown {
  legacy: StoredAnswer;
  new: StoredAnswer;
}

export type Unavailable = Extract<Comparison, { outcome: 'unavailable' }>;

export async function compareRead(
  route: Route,
  params: Readonly<Record<string, string>>,
  options: ReadOptions,
): Promise<Comparison> {
  const shown = await readBoth(route, params, options);
  return 'outcome' in shown
    ? shown
    : compareShown(route, filledPath(route.path, params), shown, options.rules);
}

/** Neither an answer that cannot be had nor a fault of one backend alone says what the backend has. */
export async function readBoth(
  route: Route,
  params: Readonly<Record<string, string>>,
  { sides }: ReadOptions,
): Promise<Shown | Unavailable> {
  const [legacy, fresh] = await Promise.all([
    readFrom('legacy', route, params, sides),
    readFrom('new', route, params, sides),
  ]);
  if ('outcome' in legacy) return legacy;
  if ('outcome' in fresh) return fresh;
  const [failing, other] = legacy.status >= 500 ? [legacy, fresh] : [fresh, legacy];
  if (failing.status < 500 || other.status >= 500) return { legacy, new: fresh };
  const reason = `it answers ${route.key} with status ${failing.status}`;
  return { outcome: 'unavailable', side: failing === legacy ? 'legacy' : 'new', reason };
}

async function readFrom(
  side: BackendName,
  route: Route,
  params: Readonly<Record<string, string>>,
  sides: Sides,
): Promise<StoredAnswer | Unavailable> {
  try {
    return (await sides.read(side, route.key, params)).shown;
  } catch (error) {
    return { outcome: 'unavailable', side, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** @param target as the request had it */
export function compareShown(
  route: Route,
  target: string,
  shown: Shown,
  rules: readonly AcceptedRule[],
): Comparison {
  const { method, key } = route;
  const judged = (legacy: StoredAnswer) =>
    compareReads({ method, key, target, route, legacy, new: shown.new }, rules).differences;
  const named = (differences: readonly Difference[]) =>
    differences.map((difference) => ({ ...difference, route: key }));
  let differences = judged(shown.legacy);
  if (differences.length === 0) return { outcome: 'equal', legacyLacks: [] };
  let legacyLacks: Difference[] = [];
  if (route.forgotten) {
    const remembered = withForgotten(route.forgotten, shown.legacy, shown.new);
    legacyLacks = remembered.lacks;
    if (legacyLacks.length > 0) differences = judged(remembered.answer);
  }
  if (differences.length === 0) return { outcome: 'equal', legacyLacks: named(legacyLacks) };
  return {
    outcome: 'different',
    differences: named(differences),
    legacyLacks: named(legacyLacks),
    answers: new Map([[key, shown]]),
  };
}
