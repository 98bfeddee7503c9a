/** What was answered to an operation: asked again, it is not done again. */
import type { Db, Tx } from '../services/db/transaction.ts';

/** An operation that took effect, and its answer; or one that never will. */
export type Outcome<Answer> = { answer: Answer } | 'void';

/** @returns undefined where nothing is known of it */
export async function outcomeOf<Answer>(db: Db, id: string): Promise<Outcome<Answer> | undefined> {
  const row = await db.selectFrom('operations').select('answer').where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  return row.answer === null ? 'void' : { answer: JSON.parse(row.answer) as Answer };
}

/**
 * Stores the answer with the effect, in the effect's own transaction.
 * @param answer anything that JSON can carry
 * @throws the driver's unique violation (23505) where it was done or made void meanwhile: the effect is then undone too
 */
export async function settle(tx: Tx, id: string, answer: unknown): Promise<void> {
  await tx
    .insertInto('operations')
    .values({ id, answer: JSON.stringify(answer) })
    .execute();
}

/** Sees to it that an operation in doubt never takes effect. @returns what holds: it may have been done already */
export async function makeVoid<Answer>(db: Db, id: string): Promise<Outcome<Answer>> {
  await db
    .insertInto('operations')
    .values({ id, answer: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await outcomeOf<Answer>(db, id)) ?? 'void';
}
