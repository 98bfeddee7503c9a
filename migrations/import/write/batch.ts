/** Writes several chats in one transaction, each whole or not at all. */
import { sql } from 'kysely';
import { toStored } from '../../../services/db/text.ts';
import { type Db, inTransaction, type Tx } from '../../../services/db/transaction.ts';
import { storedChatId } from '../../../services/rows/chat-id.ts';
import { lockList } from '../../../services/rows/chats.ts';
import type { ImportedChat } from '../source/chats.ts';
import { digestOf } from './digest.ts';
import { insertDocuments, insertMessages } from './rows.ts';

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
    await putChats(tx, written);
    await insertMessages(tx, written, rows);
    await insertDocuments(tx, written, rows);
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

/** In the order of the list from the oldest on: a new one gets the next place. */
async function putChats(tx: Tx, chats: readonly ImportedChat[]): Promise<void> {
  const rows = chats.map((chat) => ({
    ...columnsOf(chat),
    id: storedChatId(chat.id),
    title: toStored(chat.title),
    created_at: chat.createdAt,
  }));
  await tx
    .insertInto('chats')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((e) => ({
        listed: e.ref('excluded.listed'),
        title: e.ref('excluded.title'),
        created_at: e.ref('excluded.created_at'),
        updated_at: e.ref('excluded.updated_at'),
        message_count: e.ref('excluded.message_count'),
      })),
    )
    .execute();
}

async function remember(tx: Tx, going: readonly { chat: ImportedChat; digest: string }[]): Promise<void> {
  const rows = going.map(({ chat, digest }) => ({
    ...columnsOf(chat),
    chat_id: storedChatId(chat.id),
    digest,
  }));
  await tx
    .insertInto('imported_chats')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('chat_id').doUpdateSet((e) => ({
        digest: e.ref('excluded.digest'),
        listed: e.ref('excluded.listed'),
        updated_at: e.ref('excluded.updated_at'),
        message_count: e.ref('excluded.message_count'),
        imported_at: sql`now()` as never,
      })),
    )
    .execute();
}

const columnsOf = ({ listed, updatedAt, messageCount }: ImportedChat) => ({
  listed,
  updated_at: updatedAt,
  message_count: messageCount,
});
