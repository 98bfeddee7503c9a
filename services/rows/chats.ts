/** What whoever touches a chat or its parts has to look at and to lock. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/transaction.ts';
import { storedChatId } from './chat-id.ts';

/** What writes to the list of chats waits for each other by; any number that nobody else locks. */
const listLock = sql<number>`hashtext('banyan.chats')`;

/** Whoever makes chats does this first, so that titles, places and commits have one order. */
export async function lockList(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${listLock})`.execute(tx);
}

/** Whether the chat is in the list. */
export async function isListed(db: Db, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('chats')
    .select('listed')
    .where('id', '=', storedChatId(id))
    .executeTakeFirst();
  return row?.listed ?? false;
}

/** The row of a chat, while the caller's transaction has it for itself. */
export interface LockedChat {
  /** The id as it is stored. */
  key: string;
  listed: boolean;
}

/**
 * Locks a chat until the transaction ends. Whatever changes more than one row of a chat does this first, before it locks
 * any other row: otherwise two that come from different ends wait for each other for ever.
 */
export async function lockChat(tx: Tx, id: string): Promise<LockedChat | undefined> {
  return tx
    .selectFrom('chats')
    .select(['id as key', 'listed'])
    .where('id', '=', storedChatId(id))
    .forUpdate()
    .executeTakeFirst();
}
