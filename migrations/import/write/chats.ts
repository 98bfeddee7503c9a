/** Writes whole chats. */
import { sql } from 'kysely';
import { toStored } from '../../../services/db/text.ts';
import type { Tx } from '../../../services/db/transaction.ts';
import { storedChatId } from '../../../services/rows/chat-id.ts';
import type { ImportedChat } from '../source/chats.ts';
import { insertDocuments, insertMessages } from './rows.ts';

/**
 * Writes the chats with their messages and documents, of which none may be here. A chat that is new here becomes the newest one, so
 * they come in the order in which they were made. For whoever has locked the list.
 * @param rows how many rows a statement may have, about
 */
export async function writeChats(tx: Tx, chats: readonly ImportedChat[], rows: number): Promise<void> {
  await putChats(tx, chats);
  await insertMessages(tx, chats, rows);
  await insertDocuments(tx, chats, rows);
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

/** Notes the chats as they were put, so that an import knows what has changed since. */
export async function remember(
  tx: Tx,
  going: readonly { chat: ImportedChat; digest: string }[],
): Promise<void> {
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
