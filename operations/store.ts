/** What was answered to an operation: asked again, it is not done again. */
import type { ColumnType } from 'kysely';
import { type AnyDatabase, seenWith } from './db/transaction.ts';

/** The table that this needs, in the schema that the database is opened with. */
export interface OperationTables {
  operations: {
    id: string;
    /** JSON; null: it was made void. */
    answer: string | null;
    /** Of the database's clock: the table's default. */
    stored_at: ColumnType<Date, never, never>;
  };
}

const tables = (db: AnyDatabase) => seenWith<OperationTables>(db);

/** An operation that took effect, and its answer; or one that never will. */
export type Outcome<Answer> = { answer: Answer } | 'void';

/** @returns undefined where nothing is known of it */
export async function outcomeOf<Answer>(db: AnyDatabase, id: string): Promise<Outcome<Answer> | undefined> {
  const row = await tables(db)
    .selectFrom('operations')
    .select('answer')
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  return row.answer === null ? 'void' : { answer: JSON.parse(row.answer) as Answer };
}

/**
 * Stores the answer with the effect, in the effect's own transaction.
 * @param answer anything that JSON can carry
 * @throws the driver's unique violation (23505) where it was done or made void meanwhile: the effect is then undone too
 */
export async function settle(tx: AnyDatabase, id: string, answer: unknown): Promise<void> {
  await tables(tx)
    .insertInto('operations')
    .values({ id, answer: JSON.stringify(answer) })
    .execute();
}

/** Sees to it that an operation in doubt never takes effect. @returns what holds: it may have been done already */
export async function makeVoid<Answer>(db: AnyDatabase, id: string): Promise<Outcome<Answer>> {
  await tables(db)
    .insertInto('operations')
    .values({ id, answer: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await outcomeOf<Answer>(db, id)) ?? 'void';
}
