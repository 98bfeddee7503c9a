/** How far a flip is: it is in force once the backend that is to serve has been given what it lacks. */
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalSize } from '../continuity/journal/size.ts';
import { progressBar } from '../terminal/progress-bar.ts';
import type { CliContext } from './context.ts';
import type { GatewayClient } from './gateway-client.ts';

/** Most flips are in force before anybody could read a bar, in milliseconds. */
const unseen = 300;
const between = 250;

/** Shows on a terminal, until `flip` ends, how many writes one of the backends still has to be given. */
export async function whileDraining<T>(
  { isTerminal, progress }: Pick<CliContext, 'isTerminal' | 'progress'>,
  gateway: Pick<GatewayClient, 'get'>,
  flip: Promise<T>,
): Promise<T> {
  if (!isTerminal) return flip;
  const over = new AbortController();
  const watching = watch(gateway, progress, over.signal);
  try {
    return await flip;
  } finally {
    over.abort();
    await watching;
    progress('');
  }
}

async function watch(
  gateway: Pick<GatewayClient, 'get'>,
  progress: CliContext['progress'],
  over: AbortSignal,
): Promise<void> {
  let most = 0;
  for (let wait = unseen; await isStillOn(wait, over); wait = between) {
    // Without a journal there is nothing to wait for.
    const size = await gateway.get<JournalSize>('/journal').catch(() => undefined);
    if (!size || over.aborted) return;
    const left = size.lag.legacy + size.lag.new + size.underWay + size.doubt;
    most = Math.max(most, left);
    progress(
      `${progressBar(most - left, most)}  ${left} ${left === 1 ? 'write is' : 'writes are'} not on both backends yet`,
    );
  }
}

/** @returns whether it still is after so many milliseconds */
const isStillOn = (milliseconds: number, over: AbortSignal) =>
  delay(milliseconds, true, { signal: over }).catch(() => false);
