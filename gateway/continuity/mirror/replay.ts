/** Gives one entry to the side that did not serve it. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import { traced } from '@banyan/operations/tracing/spans.ts';
import type { BackendName, Route, RouteKey } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Alarms } from '../alarms/alarms.ts';
import { pass } from '../failpoints.ts';
import type { IdPair } from '../ids/registry.ts';
import type { IdWatch } from '../ids/watch.ts';
import type { Entry } from '../journal/entries.ts';
import type { Lag } from '../journal/lag.ts';
import type { Marks } from '../journal/marks.ts';
import type { JournalDb } from '../journal/tables.ts';
import { parseBody } from '../json/places.ts';
import { type Expected, lookBefore } from '../probe/probe.ts';
import type { Verdict } from '../protocol/entry.ts';
import { type Known, madeKeys } from '../protocol/keys.ts';
import { otherSide } from '../protocol/roles.ts';
import { replyIn, type Tie } from '../relay/tie.ts';
import type { Tally } from '../shadow/tally.ts';
import type { Answers, Sides } from '../sides/sides.ts';
import { isInOddForm } from '../sides/unreadable.ts';
import type { TimePair } from '../times/memory.ts';
import { entityKeys } from '../times/shown-times.ts';
import { knownOf, madeIds, whyUnknown } from '../writes/made.ts';
import { refusalOf } from './acceptance.ts';
import { findEarlier, isRepeatable, lookForReplay, storedOtherwise } from './earlier.ts';
import { type EndOptions, watchEnd } from './ends.ts';
import { judgeReplay } from './judge.ts';
import { refuseAlarmed, refuseUntied } from './refuse-alarmed.ts';
import { Overtaken, ReplayRefused } from './refused.ts';
import { legacyCounts, legacyTimes, type Replaying, timesOf } from './replayed-times.ts';
import type { Tails } from './tails.ts';

export interface ReplayOptions extends EndOptions {
  tie: Tie;
  /** Differences that a person signed off; left is legacy. */
  rules: readonly AcceptedRule[];
  /** Where legacy answers: it may redirect to its own address. */
  legacyUrl?: string | undefined;
  tally: Tally;
  marks: Marks;
  alarms: Alarms;
  idWatch: IdWatch;
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

/** `taken`: the other side has it after writes that overtook it, and what the two sides show is still to be made alike. */
export type Replayed = 'applied' | 'taken';

/**
 * Replays an entry, compares the answers and remembers what the two sides call things. `onTaken` is called as soon as the other
 * side has it and its names are known.
 * @throws ReplayRefused, BanyanError of the backend
 */
export function replay(
  db: JournalDb,
  entry: Entry,
  options: ReplayOptions & WhileReplaying,
  signal: AbortSignal,
): Promise<Replayed> {
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
      const { verdict, replayed } = await replayTo(side, db, entry, options, signal);
      span.set({ 'banyan.verdict': verdict });
      return replayed;
    },
  );
}

async function replayTo(
  side: BackendName,
  db: JournalDb,
  entry: Entry,
  { lag, marked, tails, onTaken, isRepeated, ...options }: ReplayOptions & WhileReplaying,
  signal: AbortSignal,
): Promise<{ verdict: Verdict; replayed: Replayed }> {
  const { sides, times } = options;
  const route = sides.routeOf(entry.route);
  const known = knownOf(entry, sides);
  await pass('replay', entry.id);
  const unknown = whyUnknown(entry, route);
  if (unknown !== undefined) throw new ReplayRefused(unknown, { mayHaveIt: false, isFinal: true });
  refuseAlarmed(entry, route, known, options.alarms);
  if (lag.isOvertaken(entry.id) && lag.isWrittenTo(side, madeKeys(route, known)))
    throw new ReplayRefused(
      `${side} was written to under the id that this write makes: given to ${side} now, it would hide that`,
      { mayHaveIt: false, isFinal: true },
    );
  const end = await watchEnd(db, entry, { side, known }, options);
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
  const sentAt = Date.now();
  const answers = found
    ? undefined
    : await send({ ...replaying, side, known, expected, marked }, options, signal);
  if (answers?.unreadable !== undefined && isInOddForm(answers.raw))
    throw new ReplayRefused(`what ${side} answered cannot be read: ${answers.unreadable}`, {
      mayHaveIt: true,
      isFinal: true,
    });
  const refused = answers && refusalOf({ ...replaying, side, answer: answers.raw, ...options }, sides);
  const seen = refused ? await effectOf(refused, { entry, route, known, expected, sentAt }, options) : found;
  // An answer that is none says nothing of names and times.
  const accepted = refused ? undefined : answers;
  if (accepted) chain?.goesOn(expected);
  await pass('replayed', entry.id);
  const ids = side === 'legacy' ? namesOnLegacy({ route, known, answers: accepted, seen }, sides) : [];
  // Known before anything is read: what legacy shows then is in public ids.
  for (const pair of ids) sides.names.ids.add(pair);
  onTaken();
  const shown = accepted ? sides.shown(side, route, accepted.raw) : answers?.shown;
  const taken = {
    answer: accepted && parseBody(accepted.shown.body),
    before: expected ?? (entry.mirrorExpected as Expected | undefined),
    sentAt: (found && entry.mirrorSentAt) || new Date(sentAt),
  };
  await end?.(taken, signal);
  await pass('ended', entry.id);
  const isLate = lag.isOvertaken(entry.id);
  const isMade = accepted && times.inAnswer(route, accepted.raw.body, side) !== undefined;
  // The other side's own times are right of what others have written to since: clients know those, and not this write's.
  const shownAs =
    (side === 'legacy' || readsTimes) && (isMade || !isLate)
      ? await timesOf(side, accepted?.raw, replaying)
      : new Map<string, TimePair[]>();
  await pass('times read', entry.id);
  const judgement = await judgeReplay(db, { entry, route, other: shown, isRepeated, isLate }, options);
  const application = { id: entry.id, side, answer: shown, ids, times: shownAs, ...judgement };
  await (isLate ? options.marks.taken(application) : options.marks.applied(application));
  if (judgement.verdict === 'divergent') options.onDivergence?.(entry.route);
  for (const [key, pairs] of shownAs) sides.names.times[side].replace(key, pairs);
  await pass('applied', entry.id);
  return { verdict: judgement.verdict, replayed: isLate ? 'taken' : 'applied' };
}

/**
 * An answer that is none does not tell whether the other side has done it, and the probe may.
 * @returns what it shows, where it has
 * @throws ReplayRefused where it has not, or nobody can tell
 */
async function effectOf(
  refused: ReplayRefused,
  replay: Parameters<typeof lookForReplay>[1] & { entry: Entry },
  options: ReplayOptions,
): Promise<{ answer: unknown }> {
  if (!refused.mayHaveIt) throw refused;
  const finding = await lookForReplay(replay.entry, replay, options);
  if (finding.seen === 'done') return { answer: finding.learned };
  if (finding.seen === 'done otherwise') throw storedOtherwise();
  if (finding.seen === 'not done' || isRepeatable(replay.route)) throw refused;
  const { isFinal } = refused;
  throw new ReplayRefused(`${refused.message}; whether it has done it cannot be seen: ${finding.why}`, {
    mayHaveIt: true,
    isFinal,
  });
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
      else if (expected && 'count' in expected && key !== undefined)
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
  { sides, tie, idle, marks, idWatch }: ReplayOptions,
  signal: AbortSignal,
): Promise<Answers> {
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
    refuseUntied(side, entry.id, tie);
    const watched = { route, known, target: request.target };
    if (await idWatch.written(side, watched, answers.raw, { isReplay: true }))
      throw new ReplayRefused(`${side} has done it, and calls what it made by an id of another format`, {
        mayHaveIt: true,
        isFinal: true,
        isAlarmed: true,
      });
    return answers;
  } finally {
    release();
  }
}

async function legacyHint(known: Known, replaying: Replaying) {
  const [times, counts] = await Promise.all([legacyTimes(replaying), legacyCounts(replaying)]);
  return { answer: known.answer, times, ...(Object.keys(counts).length > 0 && { counts }) };
}

/** What legacy calls what it has made: in its answer, or as it shows it by now. */
function namesOnLegacy(
  {
    route,
    known,
    answers,
    seen,
  }: { route: Route; known: Known; answers: Answers | undefined; seen: { answer: unknown } | undefined },
  { names }: Sides,
): IdPair[] {
  if (answers) return madeIds(route, known, parseBody(answers.raw.body));
  return madeIds(route, known, seen?.answer).map((pair) => ({
    ...pair,
    legacyId: names.ids.legacyOf(pair.kind, pair.legacyId),
  }));
}
