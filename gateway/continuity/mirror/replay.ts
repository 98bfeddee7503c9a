/** Gives one entry to the side that did not serve it. */

import { type AcceptedRule, judge } from '../../../compare/accept.ts';
import type { Difference } from '../../../compare/answer.ts';
import { compareAnswers } from '../../../compare/compare.ts';
import { compareModelCalls } from '../../../compare/model-calls.ts';
import { Bindings } from '../../../compare/volatile/bindings.ts';
import type { BackendName, Route, RouteKey } from '../../../contract/route-table.ts';
import { traced } from '../../../tracing/spans.ts';
import { BanyanError } from '../../errors.ts';
import { pass } from '../failpoints.ts';
import type { IdPair } from '../ids/registry.ts';
import type { Entry, StoredAnswer } from '../journal/entries.ts';
import { markApplied, markSending } from '../journal/mirrored.ts';
import type { JournalDb, Verdict } from '../journal/tables.ts';
import { parseBody } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';
import { otherSide } from '../modes.ts';
import { type Expected, lookAfter, lookBefore } from '../probe/probe.ts';
import { replyIn, type Tie } from '../relay/tie.ts';
import type { Tally } from '../shadow/tally.ts';
import type { Answers, Sides } from '../sides/sides.ts';
import type { TimePair } from '../times/memory.ts';
import { entityKeys, type ShownTimes, timePairs } from '../times/shown-times.ts';
import { requestOf } from '../writes/made.ts';
import { watchEnd } from './ends.ts';

export interface ReplayOptions {
  sides: Sides;
  times: ShownTimes;
  tie: Tie;
  /** Differences that a person signed off; left is legacy. */
  rules: readonly AcceptedRule[];
  tally: Tally;
  /** Told where the other side answers otherwise, or does not take a write that it should. */
  onDivergence?: ((route: RouteKey) => void) | undefined;
}

/** The other side does not take it; trying again does not help. */
export class ReplayRefused extends Error {
  /** Whether it may have had an effect. */
  readonly mayHaveIt: boolean;
  /** Whether a person has to look at it. */
  readonly isFinal: boolean;

  constructor(reason: string, { mayHaveIt, isFinal }: { mayHaveIt: boolean; isFinal: boolean }) {
    super(reason);
    this.name = 'ReplayRefused';
    this.mayHaveIt = mayHaveIt;
    this.isFinal = isFinal;
  }
}

/** It was pinned or skipped while it was about to be sent: it is not. */
export class Overtaken extends Error {}

/** Whether the other side may have got it, for all that this error says. */
export function mayHaveArrived(error: unknown, side: BackendName): boolean {
  // `new` does what it was asked under an operation's id once, however often it is asked.
  if (side === 'new') return false;
  if (error instanceof ReplayRefused) return error.mayHaveIt;
  return !(error instanceof BanyanError && error.code === 'backend_unreachable');
}

/**
 * Replays an entry, compares the answers and remembers what the two sides call things; applied when it resolves.
 * @throws ReplayRefused, BanyanError of the backend
 */
export function replay(
  db: JournalDb,
  entry: Entry,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<void> {
  const side = otherSide[entry.side];
  const cause = entry.request.trace;
  return traced(
    `mirror ${entry.route}`,
    {
      kind: 'consumer',
      parent: cause ?? null,
      cause,
      attributes: {
        'banyan.route': entry.route,
        'banyan.backend': side,
        'banyan.entry': entry.id,
        'banyan.attempt': entry.attempts + 1,
      },
    },
    async (span) => {
      const verdict = await replayTo(side, db, entry, options, signal);
      span.set({ 'banyan.verdict': verdict });
    },
  );
}

async function replayTo(
  side: BackendName,
  db: JournalDb,
  entry: Entry,
  options: ReplayOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  const { sides } = options;
  const route = sides.routeOf(entry.route);
  const known: Known = {
    params: sides.paramsOf(entry.request.target),
    request: requestOf(route, entry),
    answer: entry.answer ? parseBody(entry.answer.body) : entry.learned,
  };
  await pass('replay', entry.id);
  const end = await watchEnd(entry, side, known, options);
  const found =
    side === 'legacy' && entry.mirror === 'sending'
      ? await findEarlier(entry, route, known, sides)
      : undefined;
  const answers = found ? undefined : await send(db, entry, { side, route, known }, options, signal);
  await pass('replayed', entry.id);
  const ids = pairsOf(side, route, known, answers ? parseBody(answers.raw.body) : found?.answer);
  // Known before anything is read: what legacy shows then is in public ids.
  for (const pair of ids) sides.names.ids.add(pair);
  const shown = answers && sides.shown(side, route, answers.raw);
  await end?.(signal);
  const times =
    side === 'legacy' || end ? await timesOf(entry, side, options.times) : new Map<string, TimePair[]>();
  await pass('times read', entry.id);
  const judgement = judgeReplay(entry, route, shown, options);
  await markApplied(db, { id: entry.id, side, answer: shown, ids, times, ...judgement });
  if (judgement.verdict === 'divergent') options.onDivergence?.(entry.route);
  for (const [key, pairs] of times) sides.names.times[side].replace(key, pairs);
  await pass('applied', entry.id);
  return judgement.verdict;
}

/** What an attempt that broke off may have left on legacy. */
async function findEarlier(
  entry: Entry,
  route: Route,
  known: Known,
  sides: Sides,
): Promise<{ answer: unknown } | undefined> {
  const finding = await lookAfter(sides, 'legacy', {
    ...{ route, known, expected: entry.mirrorExpected as Expected | undefined },
    sentAt: entry.mirrorSentAt?.getTime() ?? 0,
    isTaken: (kind, id) => sides.names.ids.knows(kind, id),
  });
  // An element that is gone, or a value that is set, may be so for another reason: doing it again changes nothing then.
  if (!finding.visible || route.probe?.shows === 'field-set' || route.probe?.shows === 'element-gone')
    return undefined;
  return { answer: finding.learned };
}

async function send(
  db: JournalDb,
  entry: Entry,
  { side, route, known }: { side: BackendName; route: Route; known: Known },
  { sides, times, tie }: ReplayOptions,
  signal: AbortSignal,
): Promise<Answers> {
  const expected = side === 'legacy' ? await lookBefore(sides, side, route, known) : undefined;
  const hint = side === 'new' ? { answer: known.answer, times: await legacyTimes(entry, times) } : {};
  if (side === 'legacy' && !(await markSending(db, entry.id, expected))) throw new Overtaken();
  const release = await tie.replay(side, route, known, entry.id, replyIn(route, known.answer) ?? null);
  try {
    const { request, body } = entry;
    const operation = { id: entry.id, ...hint };
    const sending = { route, request, body, params: known.params, operation };
    const answers = await sides.send(side, sending, signal);
    const { status } = answers.raw;
    // An error that the client was given too: then neither side has done it, or both have.
    if (status >= 400 && status !== entry.answer?.status)
      throw new ReplayRefused(`${side} answered ${status}: ${excerpt(answers.raw)}`, {
        mayHaveIt: status >= 500,
        isFinal: status < 500,
      });
    return answers;
  } finally {
    release();
  }
}

const excerpt = ({ body }: StoredAnswer) => Buffer.from(body).toString('utf8').slice(0, 200).trim();

/** The times that clients have seen of what a write on legacy changed. */
async function legacyTimes(entry: Entry, times: ShownTimes): Promise<Record<string, string>> {
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  if (keys.length === 0) return {};
  const { shown } = await times.read('legacy');
  return Object.fromEntries(
    keys.flatMap((key) => shown.get(key) ?? []).map(({ field, value }) => [field, value]),
  );
}

/** What the side shows of the entities now, and what clients know. */
async function timesOf(entry: Entry, side: BackendName, times: ShownTimes): Promise<Map<string, TimePair[]>> {
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  if (keys.length === 0) return new Map();
  const [own, known] = await Promise.all([times.read(side), times.read(entry.side)]);
  return new Map(
    keys.map((key) => [key, timePairs(key, own.raw.get(key) ?? [], known.shown.get(key) ?? [])]),
  );
}

/** The ids that both sides have made for one thing. */
function pairsOf(side: BackendName, route: Route, known: Known, answer: unknown): IdPair[] {
  if (side !== 'legacy') return [];
  return route.ids.flatMap(({ kind, role, place }) => {
    if (role !== 'made') return [];
    const [publicId] = valuesOf(place, known);
    const [legacyId] = valuesOf(place, { ...known, answer });
    return publicId === undefined || legacyId === undefined ? [] : [{ kind, publicId, legacyId }];
  });
}

/** A difference of the answers, or of what the two backends asked the model. */
function judgeReplay(
  entry: Entry,
  route: Route,
  other: StoredAnswer | undefined,
  { rules, tally, tie }: ReplayOptions,
): { verdict: Verdict; differences: Difference[] } {
  const calls = { primary: entry.calls, replay: tie.takeCalls(otherSide[entry.side], entry.id) };
  if (!entry.answer || !other) return { verdict: 'unknown', differences: [] };
  const isLegacy = entry.side === 'legacy';
  const [left, right] = isLegacy ? [entry.answer, other] : [other, entry.answer];
  const comparison = compareAnswers({
    ...{ method: route.method, route, left, right },
    bindings: new Bindings(),
  });
  const [asked, askedToo] = isLegacy ? [calls.primary, calls.replay] : [calls.replay, calls.primary];
  // Where the primary's were lost with a gateway there is nothing to hold the replay's against.
  const prompts = route.relay && calls.primary ? compareModelCalls(asked ?? [], askedToo ?? []) : [];
  const today = new Date().toISOString().slice(0, 10);
  const all = { differences: [...comparison.differences, ...prompts] };
  const { verdict, differences } = judge(all, { route: route.key, left, right }, rules, today);
  // Overlapping writes may have come in another order; that is no fault of either side.
  if (verdict === 'divergent' && entry.overlapped) return { verdict: 'unknown', differences };
  tally.of(route.key)[verdict] += 1;
  return { verdict: verdict === 'accepted' ? 'matched' : verdict, differences };
}
