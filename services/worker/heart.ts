/** Says again and again that an upload has an owner, and learns when it has another one. */
import type { Db } from '../db/transaction.ts';
import { type Claim, heartbeat } from '../jobs/claim.ts';

export interface HeartOptions {
  db: Db;
  claim: Claim;
  /** Milliseconds from one beat to the next. */
  every: number;
  /** Seconds without a beat after which another may have claimed it. */
  silent: number;
  /** Called once. */
  onLost: () => void;
}

/** @returns what stops it */
export function startHeart({ db, claim, every, silent, onLost }: HeartOptions): () => void {
  let last = performance.now();
  let beating = false;
  const lost = () => {
    clearInterval(timer);
    onLost();
  };
  const beat = async () => {
    const begun = performance.now();
    beating = true;
    try {
      if (await heartbeat(db, claim)) last = begun;
      else lost();
    } catch {
      // The database is away. It has to be asked before anything can be published, so going on is no harm.
      if (performance.now() - last > silent * 1000) lost();
    }
    beating = false;
  };
  const timer = setInterval(() => {
    if (!beating) void beat();
  }, every);
  return () => clearInterval(timer);
}
