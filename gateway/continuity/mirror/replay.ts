/** Gives one entry to the side that did not serve it. */
import { setTimeout as pause } from 'node:timers/promises';
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
import type { Lag } from '../journal/lag.ts';
import { markApplied, markSending } from '../journal/mirrored.ts';
import type { JournalDb, Verdict } from '../journal/tables.ts';
import { parseBody } from '../json/places.ts';
import { type Known, keyOf, madeKeys, valuesOf } from '../keys/keys.ts';
import { otherSide } from '../modes.ts';
import { type Expected, lookAfter, lookBefore } from '../probe/probe.ts';
import { replyIn, type Tie } from '../relay/tie.ts';
import type { Tally } from '../shadow/tally.ts';
import type { Answers, Sides } from '../sides/sides.ts';
import type { TimePair } from '../times/memory.ts';
import type { ShownTimes } from '../times/shown-times.ts';
import { requestOf } from '../writes/made.ts';
import { wasBesideWork } from './beside-work.ts';
import { watchEnd } from './ends.ts';
import { isNextToEnd } from './order-of-ends.ts';
import { legacyTimes, type Replaying, timesOf } from './replayed-times.ts';

export interface ReplayOptions {
  sides: Sides;
  times: ShownTimes;
  tie: Tie;
  /** Differences that a person signed off; left is legacy. */
  rules: readonly AcceptedRule[];
  tally: Tally;
  /** Entries that legacy is not at work on, as this process knows: they were answered, or not sent yet. */
  idle: Set<string>;
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

/** It is not sent now: it was pinned or skipped while it was about to be, or another one comes first. */
export class Overtaken extends Error {}

/** Whether the other side may have got it, for all that this error says. */
export function mayHaveArrived(error: unknown, side: BackendName): boolean {
  // `new` does what it was asked under an operation's id once, however often it is asked.
  if (side === 'new') return false;
  if (error instanceof ReplayRefused) return error.mayHaveIt;
  return !(error instanceof BanyanError && error.code === 'backend_unreachable');
}

interface WhileReplaying {
  lag: Lag;
  onTaken: () => void;
  /** Whether an earlier attempt may have been answered: `new` asks the model once, and nobody may know any more what. */
  isRepeated: boolean;
}

/**
 * Replays an entry, compares the answers and remembers what the two sides call things; applied when it resolves. `onTaken` is
 * called as soon as the other side has it and its names are known.
 * @throws ReplayRefused, BanyanError of the backend
 */
export function replay(
  db: JournalDb,
  entry: Entry,
  options: ReplayOptions & WhileReplaying,
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
  { lag, onTaken, isRepeated, ...options }: ReplayOptions & WhileReplaying,
  signal: AbortSignal,
): Promise<Verdict> {
  const { sides, times } = options;
  const route = sides.routeOf(entry.route);
  const known: Known = {
    params: sides.paramsOf(entry.request.target),
    request: requestOf(route, entry),
    answer: entry.answer ? parseBody(entry.answer.body) : entry.learned,
  };
  await pass('replay', entry.id);
  if (entry.mirror === 'owed' && !(await isNextToEnd(db, entry, sides, signal))) throw new Overtaken();
  const end = await watchEnd(entry, side, known, options);
  // What goes on by itself sets times of its own.
  const isFollowed = (keys: readonly string[]) => !end && lag.isFollowed(entry.id, keys);
  const replaying: Replaying = { entry, route, times, isFollowed };
  const found =
    side === 'legacy' && entry.mirror === 'sending'
      ? await findEarlier(entry, { route, known }, options, signal)
      : undefined;
  const answers = found ? undefined : await send(db, { ...replaying, side, known }, options, signal);
  await pass('replayed', entry.id);
  const ids = answers
    ? pairsOf(side, route, known, parseBody(answers.raw.body))
    : pairsOf(side, route, known, found?.answer).map((pair) => ({
        ...pair,
        legacyId: sides.names.ids.legacyOf(pair.kind, pair.legacyId),
      }));
  // Known before anything is read: what legacy shows then is in public ids.
  for (const pair of ids) sides.names.ids.add(pair);
  onTaken();
  const shown = answers && sides.shown(side, route, answers.raw);
  await end?.(answers && parseBody(answers.shown.body), signal);
  const shownAs =
    side === 'legacy' || end ? await timesOf(side, answers?.raw, replaying) : new Map<string, TimePair[]>();
  await pass('times read', entry.id);
  const judgement = await judgeReplay(db, { entry, route, other: shown, isRepeated }, options);
  await markApplied(db, { id: entry.id, side, answer: shown, ids, times: shownAs, ...judgement });
  if (judgement.verdict === 'divergent') options.onDivergence?.(entry.route);
  for (const [key, pairs] of shownAs) sides.names.times[side].replace(key, pairs);
  await pass('applied', entry.id);
  return judgement.verdict;
}

/** Between two looks, in milliseconds. */
const between = 250;
/** Legacy has the whole request and gets the model's reply at once: it is not longer at work on a replay than that. */
const longest = 60_000;

/**
 * What an attempt that broke off has left on legacy, or still leaves: legacy goes on with what it was asked, whoever asked
 * and is gone, and what it asks the model is the replay's. @returns undefined where it has to be asked again
 */
async function findEarlier(
  entry: Entry,
  { route, known }: { route: Route; known: Known },
  { sides, tie, idle }: ReplayOptions,
  signal: AbortSignal,
): Promise<{ answer: unknown } | undefined> {
  const sentAt = entry.mirrorSentAt?.getTime() ?? 0;
  const { ids } = sides.names;
  // An earlier attempt may have learned its name and not come to writing it down.
  const own = new Set(madeKeys(route, known));
  const release = await tie.replay('legacy', route, known, entry.id, replyIn(route, known.answer) ?? null);
  try {
    for (;;) {
      // The time is looked at first: what appears after the look counts as late.
      const isOver = idle.has(entry.id) || Date.now() >= sentAt + Math.min(route.longest, longest);
      const finding = await lookAfter(sides, 'legacy', {
        ...{ route, known, expected: entry.mirrorExpected as Expected | undefined, sentAt },
        isTaken: (kind, id) => ids.knows(kind, id) && !own.has(keyOf(kind, ids.publicOf(kind, id))),
        // Replays of a key come one at a time.
        isOverlapped: false,
      });
      if (finding.visible && !isRepeatable(route)) return { answer: finding.learned };
      if (finding.visible) return undefined;
      // Its model call may have failed with the gateway that made it: legacy keeps its excuse as the reply.
      if (finding.otherwise)
        throw new ReplayRefused('legacy has stored it with another reply', {
          mayHaveIt: true,
          isFinal: true,
        });
      if (isOver) return undefined;
      await pause(between, undefined, { signal });
    }
  } finally {
    release();
  }
}

/** An element that is gone, or a value that is set, may be so for another reason: doing it again changes nothing then. */
const isRepeatable = ({ probe }: Route) => probe?.shows === 'field-set' || probe?.shows === 'element-gone';

async function send(
  db: JournalDb,
  { side, known, ...replaying }: Replaying & { side: BackendName; known: Known },
  { sides, tie, idle }: ReplayOptions,
  signal: AbortSignal,
): Promise<Answers> {
  const { entry, route } = replaying;
  const expected = side === 'legacy' ? await lookBefore(sides, side, route, known) : undefined;
  const hint = side === 'new' ? { answer: known.answer, times: await legacyTimes(replaying) } : {};
  if (entry.mirror === 'owed') idle.add(entry.id);
  if (side === 'legacy' && !(await markSending(db, entry.id, expected))) throw new Overtaken();
  await pass('sending', entry.id);
  const release = await tie.replay(side, route, known, entry.id, replyIn(route, known.answer) ?? null);
  try {
    const { request, body } = entry;
    const operation = { id: entry.id, ...hint };
    const sending = { route, request, body, params: known.params, operation };
    idle.delete(entry.id);
    const answers = await sides.send(side, sending, signal);
    idle.add(entry.id);
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
async function judgeReplay(
  db: JournalDb,
  {
    entry,
    route,
    other,
    isRepeated,
  }: { entry: Entry; route: Route; other: StoredAnswer | undefined; isRepeated: boolean },
  { rules, tally, tie, sides }: ReplayOptions,
): Promise<{ verdict: Verdict; differences: Difference[] }> {
  const calls = { primary: entry.calls, replay: tie.takeCalls(otherSide[entry.side], entry.id) };
  if (!entry.answer || !other) return { verdict: 'unknown', differences: [] };
  const isLegacy = entry.side === 'legacy';
  const [left, right] = isLegacy ? [entry.answer, other] : [other, entry.answer];
  const comparison = compareAnswers({
    ...{ method: route.method, route, left, right },
    bindings: new Bindings(),
  });
  const [asked, askedToo] = isLegacy ? [calls.primary, calls.replay] : [calls.replay, calls.primary];
  // Where either's were lost with a gateway there is nothing to hold against each other.
  const areKnown = calls.primary && (calls.replay || !isRepeated);
  const prompts = route.relay && areKnown ? compareModelCalls(asked ?? [], askedToo ?? []) : [];
  const today = new Date().toISOString().slice(0, 10);
  const all = { differences: [...comparison.differences, ...prompts] };
  const { verdict, differences } = judge(all, { route: route.key, left, right }, rules, today);
  // Overlapping writes may have come in another order, and a document in between; that is no fault of either side.
  if (verdict === 'divergent' && (entry.overlapped || (await wasBesideWork(db, entry, sides))))
    return { verdict: 'unknown', differences };
  tally.of(route.key)[verdict] += 1;
  return { verdict: verdict === 'accepted' ? 'matched' : verdict, differences };
}
