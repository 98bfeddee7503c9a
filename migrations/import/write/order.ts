/** The places of chats in the list. */
import { sql } from 'kysely';
import { SCHEMA } from '../../../services/db/schema.ts';
import { type Db, inTransaction } from '../../../services/db/transaction.ts';
import { storedChatId } from '../../../services/rows/chat-id.ts';
import { lockList } from '../../../services/rows/chats.ts';

/**
 * Sees to it that the chats stand in legacy's order. They do, unless one came over later than a newer one: those from there on
 * get new places.
 * @param listed newest first; those that are not here do not matter
 * @returns how many got new places
 */
export function keepOrder(db: Db, listed: readonly string[]): Promise<number> {
  return inTransaction(db, async (tx) => {
    await lockList(tx);
    const rows = await tx
      .selectFrom('chats')
      .where('listed', 'is', true)
      .select(['id', 'position'])
      .execute();
    const placeOf = new Map(rows.map(({ id, position }) => [id, BigInt(position)]));
    const keys = listed.map(storedChatId).filter((key) => placeOf.has(key));
    const oldestFirst = keys.reverse();
    const first = oldestFirst.findIndex(
      (key, n) => n > 0 && (placeOf.get(key) ?? 0n) < (placeOf.get(oldestFirst[n - 1] ?? '') ?? 0n),
    );
    const moving = first < 0 ? [] : oldestFirst.slice(first);
    for (const key of moving)
      await sql`update ${sql.table(`${SCHEMA}.chats`)} set position = default where id = ${key}`.execute(tx);
    return moving.length;
  });
}
