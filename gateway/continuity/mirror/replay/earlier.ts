/** What an earlier attempt at a replay has left on legacy. */
import type { Route } from '@banyan/route-table/route-table.ts';
import { ageNow, type Entry, momentAgo } from '../../journal/entries.ts';
import { replyIn } from '../../model-calls/tie.ts';
import type { Doubt, Expected, Finding } from '../../probe/findings.ts';
import { lookAfter } from '../../probe/probe.ts';
import { type Known, keyOf, madeKeys } from '../../protocol/keys.ts';
import { otherSide } from '../../protocol/roles.ts';
import { early } from '../ahead.ts';
import type { Look } from '../order/waits.ts';
import type { ReplayOptions } from './options.ts';
import { NotAsked, ReplayRefused } from './refused.ts';

/** Legacy has the whole request and gets the model's reply at once: it is not longer at work on a replay than that. */
const longest = 60_000;

/** What the probe finds out about a replay that may have had an effect. */
export function lookForReplay(
  entry: Entry,
  doubt: Pick<Doubt, 'route' | 'known' | 'expected' | 'sentAt'>,
  { sides }: Pick<ReplayOptions, 'sides'>,
): Promise<Finding> {
  const { ids } = sides.names;
  // An earlier attempt may have learned its name and not come to writing it down.
  const own = new Set(madeKeys(doubt.route, doubt.known));
  return lookAfter(sides, otherSide[entry.side], {
    ...doubt,
    isTaken: (kind, id) => ids.knows(kind, id) && !own.has(keyOf(kind, ids.publicOf(kind, id))),
    // Replays of a key come one at a time.
    isOverlapped: false,
  });
}

/**
 * What an attempt that broke off has left on legacy, or still leaves: legacy goes on with a request though its sender is gone,
 * and its model calls are the replay's. @returns undefined where it has to be asked again
 * @throws ReplayRefused if that cannot be told, NotAsked if legacy is away
 */
export async function findEarlier(
  entry: Entry,
  { route, known }: { route: Route; known: Known },
  { sides, tie, idle, waits }: ReplayOptions,
  signal: AbortSignal,
): Promise<{ answer: unknown } | undefined> {
  const sentAt = entry.mirrorSentAgo === undefined ? 0 : momentAgo(entry, entry.mirrorSentAgo);
  const expected = entry.mirrorExpected as Expected | undefined;
  const sentAgo = entry.mirrorSentAgo ?? Number.POSITIVE_INFINITY;
  const release = await tie.replay('legacy', route, known, entry.id, replyIn(route, known.answer) ?? null);
  let found: { answer: unknown } | undefined;
  const most = early + Math.min(route.longest, longest);
  const look = async (): Promise<Look> => {
    // The time is looked at first: what appears after the look counts as late.
    const age = ageNow(entry, sentAgo);
    const isOver = idle.has(entry.id) || age >= most;
    const finding = await lookForReplay(entry, { route, known, expected, sentAt }, { sides });
    if (finding.seen === 'done') {
      if (!isRepeatable(route)) found = { answer: finding.learned };
      return 'over';
    }
    // Its model call may have failed with the gateway that made it: legacy keeps its excuse as the reply.
    if (finding.seen === 'done otherwise') throw storedOtherwise();
    if (isOver && finding.seen === 'unknown' && !isRepeatable(route))
      throw finding.isAway ? new NotAsked(finding.why) : cannotBeSeen(finding.why);
    return isOver ? 'over' : { until: Date.now() + most - age };
  };
  const { id, keys, side } = entry;
  const wait = { id, route: entry.route, keys, side, on: 'legacy', work: undefined, isTaken: false } as const;
  try {
    await waits.wait(wait, look, signal);
    return found;
  } finally {
    release();
  }
}

export const storedOtherwise = () =>
  new ReplayRefused('legacy has stored it with another reply', { mayHaveIt: true, isFinal: true });

const cannotBeSeen = (why: string) =>
  new ReplayRefused(`legacy may have it from an earlier attempt, and does not show whether it has: ${why}`, {
    mayHaveIt: true,
    isFinal: false,
  });

/** An element that is gone, or a value that is set, may be so for another reason: doing it again changes nothing then. */
export const isRepeatable = ({ probe }: Route) =>
  probe?.shows === 'field-set' || probe?.shows === 'element-gone';
