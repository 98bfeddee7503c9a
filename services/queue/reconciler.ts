/** Finds in the database what the queue has lost, and jobs whose worker has died. Any number of processes may run one. */

import type { Db } from '../db/transaction.ts';
import { type Dispatch, type Patience, takeUndispatched, patience as usual } from '../jobs/store.ts';
import { type Log, Outage } from './log.ts';

export interface ReconcilerOptions {
  db: Db;
  send(dispatches: readonly Dispatch[]): Promise<void>;
  log: Log;
  /** Told how many were found. */
  onFound?: ((jobs: number) => void) | undefined;
  patience?: Patience;
  /** Milliseconds from one look to the next; with it `patience.dispatched` gives how long a loss can go unnoticed. */
  every?: number;
}

export interface Reconciler {
  /** Resolves when a look that is under way has ended. */
  close(): Promise<void>;
}

/** At once, and then again and again. */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { db, send, log, onFound = () => {}, patience = usual, every = 1000 } = options;
  const outage = new Outage(log, {
    away: 'The database cannot be asked for lost jobs; trying again every second.',
    back: 'The database can be asked for lost jobs again.',
  });
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    try {
      const found = await takeUndispatched(db, patience);
      if (found.length > 0) onFound(found.length);
      await send(found);
      outage.ended();
    } catch (error) {
      outage.began(error);
    }
    if (!closed) timer = setTimeout(next, every);
  };
  let looking = Promise.resolve();
  const next = () => {
    looking = look();
  };
  next();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
