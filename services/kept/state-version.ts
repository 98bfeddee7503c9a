/** Says whether anything that clients are shown has changed, whoever changed it: triggers of the database count. */
import { sql } from 'kysely';
import type { Db } from '../db/transaction.ts';

/** So many rows are summed up in less than a millisecond. */
const most = 200;

/**
 * A number that grows with every committed change. A change is a row of its own, so that writers do not wait for each other,
 * and the sum over all rows cannot be the same before and after a commit. Ids in order of their making would not do:
 * transactions commit in another order.
 */
export async function stateVersion(db: Db): Promise<string> {
  const { version, rows } = await db
    .selectFrom('state_changes')
    .select((e) => [e.fn.sum<string | null>('count').as('version'), e.fn.countAll<string>().as('rows')])
    .executeTakeFirstOrThrow();
  if (Number(rows) > most) await sumUp(db);
  return version ?? '0';
}

/** Makes one row of many: one statement, so that everybody sees the same sum before and after it. */
async function sumUp(db: Db): Promise<void> {
  await db
    .with('gone', (w) =>
      w
        .deleteFrom('state_changes')
        .where('id', 'in', (e) => e.selectFrom('state_changes').select('id').forUpdate().skipLocked())
        .returning('count'),
    )
    .insertInto('state_changes')
    .columns(['count'])
    .expression((e) =>
      e.selectFrom('gone').select(sql<string>`sum(count)`.as('count')).having(sql<boolean>`count(*) > 0`),
    )
    .execute();
}
