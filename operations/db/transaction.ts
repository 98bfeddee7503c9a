/** Databases and transactions, whatever their tables are. */
import type { ControlledTransaction, Kysely, QueryExecutorProvider, Transaction } from 'kysely';

/** An open database, or a transaction in one. */
export interface AnyDatabase extends QueryExecutorProvider {
  readonly isTransaction: boolean;
}

/** A transaction that the caller has begun. */
export type Tx<Tables> = Transaction<Tables> | ControlledTransaction<Tables>;

/** Does `work` in the caller's transaction, or in one of its own. */
export function inTransaction<Tables, T>(
  db: Kysely<Tables>,
  work: (tx: Tx<Tables>) => Promise<T>,
): Promise<T> {
  return db.isTransaction ? work(db as Tx<Tables>) : db.transaction().execute(work);
}

/** The same database, seen by code that knows these tables of it and no others. */
export function seenWith<Tables>(db: AnyDatabase): Kysely<Tables> {
  return db as Kysely<Tables>;
}
