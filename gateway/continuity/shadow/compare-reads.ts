/** Compares a read's answer of `new` with the one that the client got from legacy, byte for byte. */
import { type AcceptedRule, type Judgement, judge } from '@banyan/compare/accept.ts';
import { compareAnswers } from '@banyan/compare/compare.ts';
import { Bindings } from '@banyan/compare/volatile/bindings.ts';
import type { Route, RouteKey } from '@banyan/route-table/route-table.ts';
import type { StoredAnswer } from '../protocol/entry.ts';

export interface TwoReads {
  method: string;
  key: RouteKey;
  target: string;
  /** Undefined for what is no route: nothing is volatile there. */
  route: Route | undefined;
  /** As the client got it. */
  legacy: StoredAnswer;
  /** As a client would have got it. */
  new: StoredAnswer;
}

export function compareReads(
  { method, key, target, route, legacy, new: right }: TwoReads,
  rules: readonly AcceptedRule[],
): Judgement {
  const columns = route && strict(route);
  const bindings = new Bindings();
  const comparison = compareAnswers({ method, route: columns, left: legacy, right, bindings });
  const today = new Date().toISOString().slice(0, 10);
  return judge(comparison, { route: key, target, left: legacy, right }, rules, today);
}

/** Both sides show the public times; only how a job is doing is each side's own. */
const strict = (route: Route): Pick<Route, 'ids' | 'times' | 'access'> =>
  route.polling ? route : { ...route, times: route.times.filter(({ role }) => role === 'now') };
