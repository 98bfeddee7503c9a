/** Whether the two sides answered a write alike, and asked the model the same. */
import { judge } from '@banyan/compare/accept.ts';
import type { Difference } from '@banyan/compare/answer.ts';
import { compareAnswers } from '@banyan/compare/compare.ts';
import { compareModelCalls } from '@banyan/compare/model-calls.ts';
import { Bindings } from '@banyan/compare/volatile/bindings.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../../journal/entries.ts';
import { lacksSkipped } from '../../journal/lacking.ts';
import { hasOvertaken } from '../../journal/leave.ts';
import type { JournalDb } from '../../journal/tables.ts';
import type { StoredAnswer, Verdict } from '../../protocol/entry.ts';
import { otherSide } from '../../protocol/roles.ts';
import { wasBesideWork } from '../order/beside-work.ts';
import type { ReplayOptions } from './options.ts';

/** A difference of the answers, or of what the two backends asked the model. */
export async function judgeReplay(
  db: JournalDb,
  {
    entry,
    route,
    other,
    isRepeated,
    isLate,
  }: {
    entry: Entry;
    route: Route;
    other: StoredAnswer | undefined;
    isRepeated: boolean;
    /** It comes after writes that overtook it. */
    isLate: boolean;
  },
  options: ReplayOptions,
): Promise<{ verdict: Verdict; differences: Difference[] }> {
  const { rules, tally, tie, sides } = options;
  const calls = { primary: entry.calls, replay: tie.takeCalls(otherSide[entry.side], entry.id) };
  if (!entry.answer || !other) return { verdict: 'unknown', differences: [] };
  const isLegacy = entry.side === 'legacy';
  const [left, right] = isLegacy ? [entry.answer, other] : [other, entry.answer];
  const comparison = compareAnswers({
    method: route.method,
    route,
    left,
    right,
    bindings: new Bindings(),
  });
  const [asked, askedToo] = isLegacy ? [calls.primary, calls.replay] : [calls.replay, calls.primary];
  // Where either's were lost with a gateway there is nothing to hold against each other.
  const areKnown = calls.primary && (calls.replay || !isRepeated);
  const prompts = route.relay && areKnown ? compareModelCalls(asked ?? [], askedToo ?? []) : [];
  const today = new Date().toISOString().slice(0, 10);
  const all = { differences: [...comparison.differences, ...prompts] };
  const judged = { route: route.key, target: entry.request.target, left, right };
  const { verdict, differences } = judge(all, judged, rules, today);
  // Writes may have come in another order, a document in between, or a write never; that is no fault of either side.
  const mayDiffer = async () =>
    entry.overlapped ||
    isLate ||
    (await hasOvertaken(db, entry)) ||
    (await lacksSkipped(db, entry)) ||
    (await wasBesideWork(db, entry, sides));
  if (verdict === 'divergent' && (await mayDiffer())) return { verdict: 'unknown', differences };
  // A side that had forgotten something could not do the same.
  if (verdict === 'divergent' && options.hasForgotten?.(route, entry))
    return { verdict: 'unknown', differences };
  // What the serving backend asked the model is not known, so nothing says that the other one asked the same.
  if (entry.isUntied && verdict !== 'divergent') {
    tally.notCompared(route.key, 'untied model call');
    return { verdict: 'unknown', differences };
  }
  tally.of(route.key)[verdict] += 1;
  return { verdict: verdict === 'accepted' ? 'matched' : verdict, differences };
}
