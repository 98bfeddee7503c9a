/** What an earlier attempt at a replay has left on legacy. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Route } from '../../../contract/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import { type Known, keyOf, madeKeys } from '../keys/keys.ts';
import { type Expected, lookAfter } from '../probe/probe.ts';
import { replyIn } from '../relay/tie.ts';
import { early } from './ahead.ts';
import { ReplayRefused } from './refused.ts';
import type { ReplayOptions } from './replay.ts';

/** Between two looks, in milliseconds. */
const between = 250;
/** Legacy has the whole request and gets the model's reply at once: it is not longer at work on a replay than that. */
const longest = 60_000;

/**
 * What an attempt that broke off has left on legacy, or still leaves: legacy goes on with what it was asked, whoever asked
 * and is gone, and what it asks the model is the replay's. @returns undefined where it has to be asked again
 */
export async function findEarlier(
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
      const isOver = idle.has(entry.id) || Date.now() >= sentAt + early + Math.min(route.longest, longest);
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
export const isRepeatable = ({ probe }: Route) =>
  probe?.shows === 'field-set' || probe?.shows === 'element-gone';
