/**
 * A chat's place among all chats, in the order in which they were made. Legacy puts each new chat before all others and shows
 * `GET /api/pdfs` in that order, so the place is the place in legacy's list, not the moment at which the row came here.
 */
import { sql } from 'kysely';
import { SCHEMA } from '../db/schema.ts';
import type { Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { storedChatId } from '../rows/chat-id.ts';
import { isShownTwice } from '../wire/time.ts';

const chats = sql.table(`${SCHEMA}.chats`);

/** Makes a chat the newest one. For whoever has locked the list. */
export async function placeFirst(tx: Tx, id: string): Promise<void> {
  await moveToFront(tx, storedChatId(id));
}

/**
 * Gives the newest chat its place by the time at which the other backend made it: chats that were made at once may come here in
 * any order. Imported chats are older than all that come one by one, whatever their times. For whoever has locked the list.
 */
export async function placeByTime(tx: Tx, { id, madeAt }: { id: string; madeAt: WallTime }): Promise<void> {
  for (const newer of await newerThan(tx, storedChatId(id), madeAt)) await moveToFront(tx, newer);
}

const moveToFront = (tx: Tx, key: string) =>
  sql`update ${chats} set position = default where id = ${key}`.execute(tx);

/** The newest chats in a row that were made after that time, the oldest of them first. */
async function newerThan(tx: Tx, key: string, madeAt: WallTime): Promise<string[]> {
  // Times of the hour that the clock shows twice do not say which of two chats is newer: these stay as they came.
  const margin = isShownTwice(madeAt) ? '1 hour' : '0';
  const { rows } = await sql<{ id: string }>`
    select id from ${chats}
    where listed and id <> ${key} and position > coalesce((
      select position from ${chats} as older
      where listed and id <> ${key} and (
        created_at <= ${madeAt}::timestamp + ${margin}::interval
        or exists (select from ${sql.table(`${SCHEMA}.imported_chats`)} where chat_id = older.id)
      )
      order by position desc limit 1
    ), -1)
    order by position`.execute(tx);
  return rows.map(({ id }) => id);
}
