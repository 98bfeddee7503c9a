/** Writes several chats in one transaction, each whole or not at all. */
import { sql } from 'kysely';
import { type Db, inTransaction, type Tx } from '../../../services/db/transaction.ts';
import { storedChatId } from '../../../services/rows/chat-id.ts';
import { lockList } from '../../../services/rows/chats.ts';
import type { ImportedChat } from '../source/chats.ts';
import { remember, writeChats } from './chats.ts';
import { digestOf } from './digest.ts';

/**
 * What is done with a chat:
 * - `bring`: it is new here
 * - `update`: legacy has changed it since it was imported, and nobody here has
 * - `same`: it is here as legacy has it; or it was changed here alone, which is what the new backend is for
 * - the others are kept as they are here, see the notes of these names
 */
export type Decision = 'bring' | 'update' | 'same' | 'changed_here' | 'made_here' | 'deleted_here';

export interface Decided {
  chat: ImportedChat;
  decision: Decision;
  /** It is here exactly as legacy's files have it. */
  unchanged: boolean;
}

/** Decides and writes. @param rows how many rows a statement may have, about */
export function writeBatch(db: Db, chats: readonly ImportedChat[], rows: number): Promise<Decided[]> {
  return inTransaction(db, async (tx) => {
    await lockList(tx);
    const decided = await decide(tx, chats);
    const going = decided.filter(({ decision }) => decision === 'bring' || decision === 'update');
    const updates = going
      .filter(({ decision }) => decision === 'update')
      .map(({ chat }) => storedChatId(chat.id));
    if (updates.length > 0) await clear(tx, updates);
    if (going.length === 0) return decided;
    const written = going.map(({ chat }) => chat);
    await writeChats(tx, written, rows);
    await remember(tx, going);
    return decided;
  });
}

/** What would be done; nothing is written. */
export async function decide(
  db: Db,
  chats: readonly ImportedChat[],
): Promise<(Decided & { digest: string })[]> {
  const keys = chats.map(({ id }) => storedChatId(id));
  const columns = ['listed', 'updated_at', 'message_count'] as const;
  const here = await db
    .selectFrom('chats')
    .where('id', '=', sql<string>`any(${keys}::text[])`)
    .select(['id', ...columns])
    .orderBy('id')
    .$if(db.isTransaction, (query) => query.forUpdate())
    .execute();
  const before = await db
    .selectFrom('imported_chats')
    .where('chat_id', '=', sql<string>`any(${keys}::text[])`)
    .select(['chat_id', 'digest', ...columns])
    .execute();
  const rowOf = new Map(here.map((row) => [row.id, row]));
  const importOf = new Map(before.map((row) => [row.chat_id, row]));
  return chats.map((chat, index) => {
    const digest = digestOf(chat);
    const [row, last] = [rowOf.get(keys[index] ?? ''), importOf.get(keys[index] ?? '')];
    const untouched = row && last && columns.every((column) => row[column] === last[column]);
    const decision = decisionOf(row !== undefined, last && last.digest === digest, untouched === true);
    return {
      chat,
      digest,
      decision,
      unchanged: decision === 'bring' || decision === 'update' || (decision === 'same' && untouched === true),
    };
  });
}

/** @param sameSource undefined: it was never imported */
function decisionOf(isHere: boolean, sameSource: boolean | undefined, untouched: boolean): Decision {
  if (sameSource === undefined) return isHere ? 'made_here' : 'bring';
  if (!isHere) return 'deleted_here';
  if (sameSource) return 'same';
  return untouched ? 'update' : 'changed_here';
}

/** Uploads that are being taken in stay. */
async function clear(tx: Tx, keys: string[]): Promise<void> {
  await tx.deleteFrom('messages').where('chat_id', 'in', keys).execute();
  await tx.deleteFrom('documents').where('chat_id', 'in', keys).where('attempt', 'is not', null).execute();
}
