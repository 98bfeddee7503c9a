/** PostgreSQL that is away for a moment: a restart, a failover. */
import { setTimeout as pause } from 'node:timers/promises';

/** Classes of https://www.postgresql.org/docs/18/errcodes-appendix.html: connection, resources, shutdown, and retriable conflicts. */
const awayCodes =
  /^(?:08...|53...|57P0.|40001|40P01|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)$/;
const awayWords = /connection terminated|terminating connection|connection ended|timeout|not queryable/i;

/** Whether trying again may help; the statement may have been done all the same. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause !== undefined && isAway(error.cause)) return true;
  const code = 'code' in error ? String(error.code) : '';
  return awayCodes.test(code) || (code === '' && awayWords.test(error.message));
}

/** Asked again until it answers or the time is up. */
export const betweenAttempts = 100;

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
      return await within(work(), left);
    } catch (error) {
      if (error instanceof StillAway || !isAway(error)) throw error;
      if (performance.now() + betweenAttempts >= end) throw new StillAway(error);
      await pause(betweenAttempts);
    }
  }
}

async function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new StillAway(undefined)), milliseconds);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
