/** Gives one entry to the side that did not serve it. */
import type { AcceptedRule } from '../../../compare/accept.ts';
import type { BackendName, Route, RouteKey } from '../../../contract/route-table.ts';
import { traced } from '../../../tracing/spans.ts';
import { BanyanError } from '../../errors.ts';
import { pass } from '../failpoints.ts';
import type { IdPair } from '../ids/registry.ts';
import type { Entry, StoredAnswer } from '../journal/entries.ts';
import type { Lag } from '../journal/lag.ts';
import type { Marks } from '../journal/marks.ts';
import type { JournalDb, Verdict } from '../journal/tables.ts';
import { parseBody } from '../json/places.ts';
import type { Known } from '../keys/keys.ts';
import { otherSide } from '../modes.ts';
import { type Expected, lookAfter, lookBefore } from '../probe/probe.ts';
import { replyIn, type Tie } from '../relay/tie.ts';
import type { Tally } from '../shadow/tally.ts';
import type { Answers, Sides } from '../sides/sides.ts';
import type { TimePair } from '../times/memory.ts';
import { entityKeys, type ShownTimes } from '../times/shown-times.ts';
import { knownOf, madeIds } from '../writes/made.ts';
import { findEarlier, isRepeatable } from './earlier.ts';
import { watchEnd } from './ends.ts';
import { judgeReplay } from './judge.ts';
import { isNextToEnd } from './order-of-ends.ts';
import { Overtaken, ReplayRefused } from './refused.ts';
import { legacyCounts, legacyTimes, type Replaying, timesOf } from './replayed-times.ts';
import type { Tails } from './tails.ts';

export interface ReplayOptions {
  sides: Sides;
  times: ShownTimes;
  tie: Tie;
  /** Differences that a person signed off; left is legacy. */
  rules: readonly AcceptedRule[];
  tally: Tally;
  marks: Marks;
  /** Entries that legacy is not at work on, as this process knows: they were answered, or not sent yet. */
  idle: Set<string>;
  /** Told where the other side answers otherwise, or does not take a write that it should. */
  onDivergence?: ((route: RouteKey) => void) | undefined;
}

/** Whether the other side may have got it, for all that this error says. */
export function mayHaveArrived(error: unknown, side: BackendName): boolean {
  // `new` does what it was asked under an operation's id once, however often it is asked.
  if (side === 'new') return false;
  if (error instanceof ReplayRefused) return error.mayHaveIt;
  return !(error instanceof BanyanError && error.code === 'backend_unreachable');
}

interface WhileReplaying {
  lag: Lag;
  /** Whether it was marked as sent before its turn. */
  marked: Promise<boolean> | undefined;
  tails: Tails;
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
  { lag, marked, tails, onTaken, isRepeated, ...options }: ReplayOptions & WhileReplaying,
  signal: AbortSignal,
): Promise<Verdict> {
  const { sides, times } = options;
  const route = sides.routeOf(entry.route);
  const known = knownOf(entry, sides);
  await pass('replay', entry.id);
  if (entry.mirror === 'owed' && !(await isNextToEnd(db, entry, sides, signal))) throw new Overtaken();
  const end = await watchEnd(entry, side, known, options);
  // What goes on by itself sets times of its own; where something was taken away meanwhile, they are remembered after that.
  const readsTimes = end !== undefined || (side === 'new' && route.probe?.shows === 'element-gone');
  const isFollowed = (keys: readonly string[]) => !readsTimes && lag.isFollowed(entry.id, keys);
  const replaying: Replaying = { entry, route, times, isFollowed };
  const found =
    side === 'legacy' && entry.mirror === 'sending'
      ? await findEarlier(entry, { route, known }, options, signal)
      : undefined;
  const chain = side === 'legacy' ? chainOf(entry, route, { lag, tails }) : undefined;
  const expected =
    chain && !found ? (chain.expected ?? (await lookBefore(sides, side, route, known))) : undefined;
  const answers = found
    ? undefined
    : await send({ ...replaying, side, known, expected, marked }, options, signal);
  if (answers && answers.raw.status < 400) chain?.goesOn(expected);
  await pass('replayed', entry.id);
  const ids = side === 'legacy' ? namesOnLegacy({ route, known, answers, found }, sides) : [];
  // Known before anything is read: what legacy shows then is in public ids.
  for (const pair of ids) sides.names.ids.add(pair);
  onTaken();
  const shown = answers && sides.shown(side, route, answers.raw);
  await end?.(answers && parseBody(answers.shown.body), signal);
  await pass('ended', entry.id);
  const shownAs =
    side === 'legacy' || readsTimes
      ? await timesOf(side, answers?.raw, replaying)
      : new Map<string, TimePair[]>();
  await pass('times read', entry.id);
  const judgement = await judgeReplay(db, { entry, route, other: shown, isRepeated }, options);
  await options.marks.applied({ id: entry.id, side, answer: shown, ids, times: shownAs, ...judgement });
  if (judgement.verdict === 'divergent') options.onDivergence?.(entry.route);
  for (const [key, pairs] of shownAs) sides.names.times[side].replace(key, pairs);
  await pass('applied', entry.id);
  return judgement.verdict;
}

/**
 * What legacy is known to show before a replay, from the one before it; and what it shows then before the next one. `goesOn` is told
 * once legacy has done what it was asked.
 */
function chainOf(entry: Entry, { probe }: Route, { lag, tails }: Pick<WhileReplaying, 'lag' | 'tails'>) {
  const keys = entityKeys(entry.keys);
  const known = tails.take(keys);
  // Legacy serves others too where a person has left something behind.
  const isAlone = lag.leftOf(keys).length === 0;
  const [key] = keys;
  const tail = isAlone && keys.length === 1 && key !== undefined ? known.get(key) : undefined;
  return {
    expected: tail && tail.read === probe?.read ? { count: tail.length } : undefined,
    goesOn(expected: Expected | undefined): void {
      if (!isAlone || !lag.isFollowed(entry.id, keys)) return;
      if (probe?.shows !== 'tail-added') tails.keep(known);
      else if (expected && key !== undefined)
        tails.keep([[key, { read: probe.read, length: expected.count + probe.grows }]]);
    },
  };
}

async function send(
  {
    side,
    known,
    expected,
    marked,
    ...replaying
  }: Replaying & {
    side: BackendName;
    known: Known;
    expected: Expected | undefined;
    marked: WhileReplaying['marked'];
  },
  { sides, tie, idle, marks }: ReplayOptions,
  signal: AbortSignal,
): Promise<Answers | undefined> {
  const { entry, route } = replaying;
  const hint = side === 'new' ? await legacyHint(known, replaying) : {};
  if (entry.mirror === 'owed') idle.add(entry.id);
  const isToBeMarked = side === 'legacy' && !(await marked);
  // A value that is set once more changes nothing: whether it was sent need not be known for good.
  const isKept = route.probe?.shows !== 'field-set';
  if (isToBeMarked && !(await marks.sending({ id: entry.id, expected, isKept }))) throw new Overtaken();
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
    if (status >= 400 && status !== entry.answer?.status) {
      if (status >= 500 && side === 'legacy' && (await showsEffect(sides, route, known))) return undefined;
      throw new ReplayRefused(`${side} answered ${status}: ${excerpt(answers.raw)}`, {
        mayHaveIt: status >= 500,
        isFinal: status < 500,
      });
    }
    return answers;
  } finally {
    release();
  }
}

/**
 * Whether legacy shows a write that it answered with an error, of those that are the same when they are done again. To do one again
 * could end in that error each time.
 */
async function showsEffect(sides: Sides, route: Route, known: Known): Promise<boolean> {
  if (!isRepeatable(route)) return false;
  const doubt = { route, known, expected: undefined, sentAt: 0, isTaken: () => false, isOverlapped: false };
  return (await lookAfter(sides, 'legacy', doubt)).visible;
}

async function legacyHint(known: Known, replaying: Replaying) {
  const [times, counts] = await Promise.all([legacyTimes(replaying), legacyCounts(replaying)]);
  return { answer: known.answer, times, ...(Object.keys(counts).length > 0 && { counts }) };
}

const excerpt = ({ body }: StoredAnswer) => Buffer.from(body).toString('utf8').slice(0, 200).trim();

/** What legacy calls what it has made: in its answer, or as it shows it by now. */
function namesOnLegacy(
  {
    route,
    known,
    answers,
    found,
  }: { route: Route; known: Known; answers: Answers | undefined; found: { answer: unknown } | undefined },
  { names }: Sides,
): IdPair[] {
  if (answers) return madeIds(route, known, parseBody(answers.raw.body));
  return madeIds(route, known, found?.answer).map((pair) => ({
    ...pair,
    legacyId: names.ids.legacyOf(pair.kind, pair.legacyId),
  }));
}
