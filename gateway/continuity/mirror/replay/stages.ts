/** The stages of a replay, from an entry that is owed to one that is applied. */
import { pass } from '../../failpoints.ts';
import { parseBody } from '../../json/parse-body.ts';
import type { IdPair } from '../../names/id-registry.ts';
import type { TimePair } from '../../names/time-memory.ts';
import type { Expected } from '../../probe/findings.ts';
import { lookBefore } from '../../probe/probe.ts';
import { madeKeys } from '../../protocol/keys.ts';
import { madeIds, whyUnknown } from '../../writes/entry-content.ts';
import { watchEnd } from '../order/watch-end.ts';
import { accept } from './accept.ts';
import { chainOf } from './chain.ts';
import { findEarlier } from './earlier.ts';
import { judgeReplay } from './judge.ts';
import { refuseAlarmed } from './refuse-alarmed.ts';
import { ReplayRefused } from './refused.ts';
import { timesOf } from './replayed-times.ts';
import { send } from './send.ts';
import { type Found, type Replay, replayingOf } from './state.ts';

/** What is true of an entry between two stages. */
type State =
  | 'owed'
  | 'allowed'
  | 'watched'
  | 'searched'
  | 'looked at'
  | 'answered'
  | 'done'
  | 'named'
  | 'ended'
  | 'timed'
  | 'judged';

interface Stage {
  /** @returns what it has found out. @throws ReplayRefused, BanyanError of the backend: the replay ends there */
  action: (replay: Replay, found: Found) => Found | Promise<Found>;
  next: State | 'applied';
  /** Passed after the action. */
  failpoint?: Parameters<typeof pass>[0];
}

/**
 * The order holds these invariants. Nothing is sent before the search for an earlier attempt is over, so that legacy does nothing
 * twice. What legacy shows is known before it is asked, so that a probe can tell what the replay changed. Names are in memory before
 * anything is read afterwards, so that legacy's answers come in public ids. Times are read after the end of what the entry begins, as
 * background jobs set their own. An entry is written down as applied last.
 */
const stages: Readonly<Record<State, Stage>> = {
  owed: { action: refuseUnfit, next: 'allowed' },
  allowed: { action: watch, next: 'watched' },
  watched: { action: findEarlierAttempt, next: 'searched' },
  searched: { action: look, next: 'looked at' },
  'looked at': { action: ask, next: 'answered' },
  answered: { action: accept, next: 'done', failpoint: 'replayed' },
  done: { action: nameWhatWasMade, next: 'named' },
  named: { action: awaitEnd, next: 'ended', failpoint: 'ended' },
  ended: { action: readTimes, next: 'timed', failpoint: 'times read' },
  timed: { action: judge, next: 'judged' },
  judged: { action: writeDown, next: 'applied', failpoint: 'applied' },
};

/** Takes an entry through all stages. @throws what a stage throws */
export async function runStages(replay: Replay): Promise<Found> {
  let found: Found = {};
  for (let state: State | 'applied' = 'owed'; state !== 'applied'; ) {
    const { action, next, failpoint }: Stage = stages[state];
    found = { ...found, ...(await action(replay, found)) };
    if (failpoint) await pass(failpoint, replay.entry.id);
    state = next;
  }
  return found;
}

/** Refuses what the other side must not be given. */
function refuseUnfit({ entry, route, side, known, options: { alarms, lag } }: Replay): Found {
  const unknown = whyUnknown(entry, route);
  if (unknown !== undefined) throw new ReplayRefused(unknown, { mayHaveIt: false, isFinal: true });
  refuseAlarmed(entry, route, known, alarms);
  if (lag.isOvertaken(entry.id) && lag.isWrittenTo(side, madeKeys(route, known)))
    throw new ReplayRefused(
      `${side} was written to under the id that this write makes: given to ${side} now, it would hide that`,
      { mayHaveIt: false, isFinal: true },
    );
  return {};
}

async function watch({ db, entry, route, side, known, options }: Replay): Promise<Found> {
  const end = await watchEnd(db, entry, { side, known }, options);
  // Background jobs set their own times; where something was taken away meanwhile, times are remembered after that too.
  return { end, readsTimes: end !== undefined || (side === 'new' && route.probe?.shows === 'element-gone') };
}

async function findEarlierAttempt({ entry, route, side, known, options, signal }: Replay): Promise<Found> {
  if (side !== 'legacy' || entry.mirror !== 'sending') return {};
  return { earlier: await findEarlier(entry, { route, known }, options, signal) };
}

async function look({ entry, route, side, known, options }: Replay, { earlier }: Found): Promise<Found> {
  const chain = side === 'legacy' ? chainOf(entry, route, options) : undefined;
  const isLookedAt = chain !== undefined && !earlier;
  const expected = isLookedAt
    ? (chain.expected ?? (await lookBefore(options.sides, side, route, known)))
    : undefined;
  return { chain, expected, sentAt: Date.now() };
}

async function ask(replay: Replay, found: Found): Promise<Found> {
  return found.earlier ? {} : { answers: await send(replay, found) };
}

function nameWhatWasMade(replay: Replay, found: Found): Found {
  const { side, route, options } = replay;
  const { answers, accepted, seen } = found;
  const ids = side === 'legacy' ? namesOnLegacy(replay, found) : [];
  for (const pair of ids) options.sides.names.ids.add(pair);
  options.onTaken();
  if (accepted) return { ids, shown: options.sides.shown(side, route, accepted.raw) };
  return { ids, shown: seen?.isRefusedAsDone ? undefined : answers?.shown };
}

async function awaitEnd({ entry, signal }: Replay, found: Found): Promise<Found> {
  const { accepted, expected, earlier, sentAt = 0, end } = found;
  const taken = {
    answer: accepted && parseBody(accepted.shown.body),
    before: expected ?? (entry.mirrorExpected as Expected | undefined),
    sentAt: (earlier && entry.mirrorSentAt) || new Date(sentAt),
  };
  const lost = await end?.(taken, signal);
  if (lost !== undefined) throw new ReplayRefused(lost, { mayHaveIt: false, isFinal: false });
  return {};
}

async function readTimes(replay: Replay, found: Found): Promise<Found> {
  const { entry, route, side, options } = replay;
  const { accepted, readsTimes } = found;
  const isLate = options.lag.isOvertaken(entry.id);
  const isMade = accepted && options.times.inAnswer(route, accepted.raw.body, side) !== undefined;
  // A late entry's times are not read: clients know the times of the later writes, which the other side shows already.
  const areRead = (side === 'legacy' || readsTimes) && (isMade || !isLate);
  const shownAs = areRead
    ? await timesOf(side, accepted?.raw, replayingOf(replay, found))
    : new Map<string, TimePair[]>();
  return { isLate, shownAs };
}

async function judge(
  { db, entry, route, options }: Replay,
  { shown, isLate = false }: Found,
): Promise<Found> {
  const { isRepeated } = options;
  return { judgement: await judgeReplay(db, { entry, route, other: shown, isRepeated, isLate }, options) };
}

async function writeDown({ entry, side, options }: Replay, found: Found): Promise<Found> {
  const { shown, isLate, ids = [], shownAs = new Map(), judgement = unjudged } = found;
  const application = { id: entry.id, side, answer: shown, ids, times: shownAs, ...judgement };
  await (isLate ? options.marks.taken(application) : options.marks.applied(application));
  if (judgement.verdict === 'divergent') options.onDivergence?.(entry.route);
  for (const [key, pairs] of shownAs) options.sides.names.times[side].replace(key, pairs);
  return {};
}

export const unjudged: NonNullable<Found['judgement']> = { verdict: 'unknown', differences: [] };

/** What legacy calls what it has made: in its answer, or as it shows it by now. */
function namesOnLegacy({ route, known, options }: Replay, { accepted, seen }: Found): IdPair[] {
  const { names } = options.sides;
  if (accepted) return madeIds(route, known, parseBody(accepted.raw.body));
  return madeIds(route, known, seen?.answer).map((pair) => ({
    ...pair,
    legacyId: names.ids.legacyOf(pair.kind, pair.legacyId),
  }));
}
