import type { ControlledTransaction, Kysely, Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** The database, or a transaction that the caller has begun. */
export type Db = Kysely<Database>;
export type Tx = Transaction<Database> | ControlledTransaction<Database>;

/** Does `work` in the caller's transaction, or in one of its own. */
export function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as Tx) : db.transaction().execute(work);
}
