/** Replays a deletion while the messages that were at the model then are at the model again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { OwedEntry } from '../journal/mirrored.ts';
import { Hold } from '../model-calls/hold.ts';
import { otherSide } from '../protocol/roles.ts';
import { ReplayRefused } from './replay/refused.ts';
import { mayHaveArrived } from './replay/replay.ts';

export interface AcrossGround {
  /** Gives an entry to the other side, and writes down where that fails. @returns whether the side has it */
  run(entry: OwedEntry, hold?: Hold): Promise<boolean>;
  /** The same, and throws where it fails, or where the signal breaks it off. */
  attempt(entry: OwedEntry, signal: AbortSignal): Promise<void>;
  /** The entry is stuck. */
  fail(entry: OwedEntry, error: unknown): Promise<void>;
  /** How long a side has until it asks the model, and how long it then waits for the reply, in milliseconds. */
  bounds: { asks: number; waits: number };
  signal: AbortSignal;
}

/** The side has each of these bounds for the deletion and each message. */
export const usualBounds = { asks: 10_000, waits: 20_000 };

const betweenAttempts = 250;

/** Resolves when all of them have come to their end, well or not. */
export async function replayAcross(
  removal: OwedEntry,
  messages: readonly OwedEntry[],
  ground: AcrossGround,
): Promise<void> {
  const { run, bounds, signal } = ground;
  const flights: { hold: Hold; done: Promise<boolean> }[] = [];
  try {
    for (const message of messages) {
      const hold = new Hold();
      const done = run(message, hold);
      flights.push({ hold, done });
      await hold.asked(done, bounds.asks, signal);
    }
    if (flights.some(({ hold }) => hold.isAsked)) await removeWhileAsking(removal, ground);
    else await run(removal);
  } finally {
    // One after the other, as their replies came.
    for (const { hold, done } of flights) {
      hold.release();
      await done;
    }
  }
}

/**
 * Tries until the messages cannot wait any longer. The side then has them in an entity that is still there, and a deletion after that
 * would take away what clients see.
 */
async function removeWhileAsking(removal: OwedEntry, ground: AcrossGround): Promise<void> {
  const { attempt, fail, bounds, signal } = ground;
  const late = AbortSignal.timeout(bounds.waits);
  const either = AbortSignal.any([signal, late]);
  let last: unknown;
  for (;;) {
    try {
      return await attempt(removal, either);
    } catch (error) {
      if (signal.aborted) return;
      // What the bound has broken off says less than what came before.
      last = late.aborted ? (last ?? error) : error;
      if (late.aborted || (error instanceof ReplayRefused && error.isFinal))
        return fail(removal, tooLate(removal, last, mayHaveArrived(error, otherSide[removal.side])));
    }
    await pause(betweenAttempts, undefined, { signal: either }).catch(() => undefined);
  }
}

function tooLate({ side: servedBy }: OwedEntry, error: unknown, mayHaveIt: boolean): ReplayRefused {
  const side = otherSide[servedBy];
  const why = error instanceof Error ? error.message : String(error);
  return new ReplayRefused(
    `${why}; a message was at the model when clients deleted this, and ${side} has that message in what is not deleted there: given to ${side} now, the deletion would take away what clients see`,
    { mayHaveIt, isFinal: true },
  );
}
