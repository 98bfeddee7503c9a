/** What was said in a chat, turn by turn. */

import { fromStored, toStored } from '../db/text.ts';
import { type Db, inTransaction, type Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { storedChatId } from '../rows/chat-id.ts';
import { type LockedChat, lockChat } from '../rows/chats.ts';

export interface Message {
  id: string;
  role: 'user' | 'model';
  /** Null where the model's reply was. */
  text: string | null;
  createdAt: WallTime;
}

export interface Exchange {
  chatId: string;
  /** The message and its reply, in this order. */
  turns: readonly [Message, Message];
  updatedAt: WallTime;
  /** What becomes of a message to an id that is not there: legacy begins a conversation that is in no list. */
  unknownChat: 'begin' | 'refuse';
  /** Asked once the chat is locked and has so many turns: those that come back with this exchange, if they are not there. */
  deleted?: (count: number) => readonly Message[];
  /** What the list of chats shows as their number, if it is not the number of turns: legacy has lost its own race. */
  shownCount?: number | undefined;
}

/**
 * Appends a message with its reply. Several at once come one after the other, each pair whole.
 * @returns how many turns the chat now has; undefined where it is not there and was not begun
 */
export function appendExchange(db: Db, exchange: Exchange): Promise<number | undefined> {
  const { chatId, turns, updatedAt, unknownChat, deleted, shownCount } = exchange;
  return inTransaction(db, async (tx) => {
    const found = await lockChat(tx, chatId);
    if (unknownChat === 'refuse' && !found?.listed) return undefined;
    const { key } = found ?? (await begin(tx, chatId, updatedAt));
    const next = await nextTurn(tx, key);
    const back = await missing(tx, deleted?.(next) ?? []);
    const count = await insertTurns(tx, { key, next, turns: [...back, ...turns] });
    await tx
      .updateTable('chats')
      .set({ message_count: shownCount ?? count, updated_at: updatedAt })
      .where('id', '=', key)
      .execute();
    return count;
  });
}

async function begin(tx: Tx, chatId: string, at: WallTime): Promise<LockedChat> {
  await tx
    .insertInto('chats')
    .values({ id: storedChatId(chatId), listed: false, created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  // Another one may have begun it in the meantime, and even deleted it again.
  return (await lockChat(tx, chatId)) ?? begin(tx, chatId, at);
}

async function nextTurn(tx: Tx, key: string): Promise<number> {
  const { last } = await tx
    .selectFrom('messages')
    .where('chat_id', '=', key)
    .select((e) => e.fn.max('turn').as('last'))
    .executeTakeFirstOrThrow();
  return last === null ? 0 : last + 1;
}

/** The turns, or none if they are in the database: they are deleted and come back all at once. */
async function missing(tx: Tx, turns: readonly Message[]): Promise<readonly Message[]> {
  const [first] = turns;
  if (!first) return turns;
  const there = await tx.selectFrom('messages').select('id').where('id', '=', first.id).executeTakeFirst();
  return there ? [] : turns;
}

/** PostgreSQL takes 65,535 parameters at once. */
const rowsAtOnce = 1000;

/**
 * @param next the place of the first turn in the chat, from 0
 * @returns the place behind the last one
 */
export async function insertTurns(
  tx: Tx,
  { key, next, turns }: { key: string; next: number; turns: readonly Message[] },
): Promise<number> {
  const rows = turns.map((turn, index) => ({ ...toRow(turn), chat_id: key, turn: next + index }));
  for (let at = 0; at < rows.length; at += rowsAtOnce)
    await tx
      .insertInto('messages')
      .values(rows.slice(at, at + rowsAtOnce))
      .execute();
  return next + turns.length;
}

/** A message's columns, but for its place. */
export const toRow = ({ id, role, text, createdAt }: Message) => ({
  id,
  role,
  text: text === null ? null : toStored(text),
  created_at: createdAt,
});

/** The last turns of a chat, the oldest first; none for an id that is not there. */
export async function history(db: Db, chatId: string, turns: number): Promise<Message[]> {
  const rows = await selectMessages(db, chatId).orderBy('turn', 'desc').limit(turns).execute();
  return rows.reverse().map(toMessage);
}

/** All messages of a chat, the oldest first; none for an id that is not there. */
export async function listMessages(db: Db, chatId: string): Promise<Message[]> {
  const rows = await selectMessages(db, chatId).orderBy('turn').execute();
  return rows.map(toMessage);
}

const selectMessages = (db: Db, chatId: string) =>
  db
    .selectFrom('messages')
    .select(['id', 'role', 'text', 'created_at'])
    .where('chat_id', '=', storedChatId(chatId));

const toMessage = (row: {
  id: string;
  role: Message['role'];
  text: string | null;
  created_at: WallTime;
}): Message => ({
  id: row.id,
  role: row.role,
  text: row.text === null ? null : fromStored(row.text),
  createdAt: row.created_at,
});
