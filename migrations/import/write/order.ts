/** The places of chats in the list. */
import { sql } from 'kysely';
import { SCHEMA } from '../../../services/db/schema.ts';
import { type Db, inTransaction, type Tx } from '../../../services/db/transaction.ts';
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
    for (let at = 0; at < moving.length; at += atOnce) await moveToFront(tx, moving.slice(at, at + atOnce));
    return moving.length;
  });
}

/** The list is locked meanwhile, so the statements go together; PGlite lets nobody else in during one of them. */
const atOnce = 200;

/** Gives each a new place, one after the other. A block takes no parameters, so the keys are in a setting of the transaction. */
async function moveToFront(tx: Tx, keys: readonly string[]): Promise<void> {
  await sql`select set_config('banyan.moving', ${JSON.stringify(keys)}, true)`.execute(tx);
  await sql`do ${sql.lit(block)}`.execute(tx);
}

const block = `
  declare moving text;
  begin
    for moving in select value from json_array_elements_text(current_setting('banyan.moving')::json) loop
      update ${SCHEMA}.chats set position = default where id = moving;
    end loop;
  end`;
