/** Tells the workers that there is a job. The row in PostgreSQL is the truth; what is lost here is found there. */
import type { Dispatch } from '../jobs/store.ts';

export interface Dispatcher {
  /**
   * Called once the job's row is committed. Never throws and never waits for a queue that is away: the reconciler dispatches
   * what did not get through.
   */
  dispatch(dispatch: Dispatch): void;
  close(): Promise<void>;
}
