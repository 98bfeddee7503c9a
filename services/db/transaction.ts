import type { Tx as TxOf } from '@banyan/operations/db/transaction.ts';
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

export { inTransaction } from '@banyan/operations/db/transaction.ts';

/** The database, or a transaction that the caller has begun. */
export type Db = Kysely<Database>;
export type Tx = TxOf<Database>;
