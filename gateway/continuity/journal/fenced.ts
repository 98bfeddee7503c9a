/** Statements of the gateway that has the database: they have no effect once another gateway has taken it over. */
import type { BanyanError } from '../../errors.ts';
import { call } from './procedures.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** The claim by which this gateway has the database. */
export interface HeldClaim {
  readonly fence: string;
  /** A statement was refused for its fence: another gateway has the database. @returns the error that says so */
  lose(): BanyanError;
}

/** Whether a statement was refused as its fence is not the last; `check_fence` of `migrations/0012-duties.ts` says so. */
export const isFencedOff = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'BY001';

/** Does `work` in one transaction with the look at the fence. A takeover waits until it is over. */
export function fenced<T>(db: JournalDb, fence: string, work: (tx: JournalTx) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await call(tx, 'check_fence', ['gateway', fence]);
    return work(tx);
  });
}
