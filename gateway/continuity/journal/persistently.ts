/** Patience with a PostgreSQL that is away for a moment. */
import { setTimeout as pause } from 'node:timers/promises';
import { isAway } from '@banyan/operations/db/away.ts';
import { inTime } from '@banyan/operations/in-time.ts';

/** Asked again until it answers or the time is up. */
const betweenAttempts = 100;

/** What is still under way when the time is up. */
export class StillAway extends Error {
  constructor(cause: unknown) {
    super('PostgreSQL did not answer in time', { cause });
    this.name = 'StillAway';
  }
}

/**
 * Does something that may be done twice, again and again while PostgreSQL is away.
 * @throws StillAway after `patience` milliseconds: what was begun last may still happen
 */
export async function persistently<T>(work: () => Promise<T>, patience: number): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const left = end - performance.now();
    try {
      return await inTime(left, work, stillAway);
    } catch (error) {
      if (error instanceof StillAway || !isAway(error)) throw error;
      if (performance.now() + betweenAttempts >= end) throw new StillAway(error);
      await pause(betweenAttempts);
    }
  }
}

const stillAway = (): never => {
  throw new StillAway(undefined);
};
