/** Chats. Times are wall times as the client is shown them (`WallTime`), ids come from outside. */

import { fromStored, toStored } from '../db/text.ts';
import { type Db, inTransaction, type Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { storedChatId } from '../rows/chat-id.ts';
import { lockChat, lockList } from '../rows/chats.ts';
import { dropCollection } from '../rows/drop.ts';
import type { ListedPdf } from '../rows/listed-pdf.ts';

export interface Chat {
  id: string;
  title: string;
  createdAt: WallTime;
  updatedAt: WallTime;
  messageCount: number;
  /** In the order they were taken in; a name may be there twice. */
  pdfs: ListedPdf[];
}

export interface NewChat {
  id: string;
  createdAt: WallTime;
  updatedAt: WallTime;
  /** `New Chat <number of listed chats + 1>` unless told. */
  title?: string;
}

/** Makes a chat. Two at once get different numbers, and stand in the list in the order of their numbers. */
export function createChat(db: Db, chat: NewChat): Promise<Chat> {
  return inTransaction(db, async (tx) => {
    await lockList(tx);
    return insertChat(tx, chat);
  });
}

/** Makes a chat, for whoever has locked the list. */
export async function insertChat(tx: Tx, { id, createdAt, updatedAt, title }: NewChat): Promise<Chat> {
  const named = title ?? `New Chat ${(await countChats(tx)) + 1}`;
  const stored = { id: storedChatId(id), listed: true, title: toStored(named) };
  await tx
    .insertInto('chats')
    .values({ ...stored, created_at: createdAt, updated_at: updatedAt })
    .execute();
  return { id, title: named, createdAt, updatedAt, messageCount: 0, pdfs: [] };
}

async function countChats(tx: Tx): Promise<number> {
  const { count } = await tx
    .selectFrom('chats')
    .where('listed', 'is', true)
    .select((e) => e.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The latest change first; equal ones stay in the order of the newest made first. One query: nobody changes it meanwhile. */
export async function listChats(db: Db): Promise<Chat[]> {
  const rows = await db
    .selectFrom('chats as c')
    .leftJoin('documents as d', (on) => on.onRef('d.chat_id', '=', 'c.id').on('d.listed', 'is', true))
    .where('c.listed', 'is', true)
    .select(['c.id', 'c.title', 'c.created_at', 'c.updated_at', 'c.message_count'])
    .select(['d.name', 'd.uploaded_at', 'd.chunk_count'])
    .orderBy('c.updated_at', 'desc')
    .orderBy('c.position', 'desc')
    .orderBy('d.position')
    .execute();
  const chats: Chat[] = [];
  let last: string | undefined;
  for (const row of rows) {
    if (row.id !== last)
      chats.push({
        id: fromStored(row.id),
        title: fromStored(row.title),
        createdAt: row.created_at,
        updatedAt: row.updated_at,
        messageCount: row.message_count,
        pdfs: [],
      });
    last = row.id;
    if (row.name !== null)
      chats.at(-1)?.pdfs.push({
        name: fromStored(row.name),
        uploadedAt: row.uploaded_at ?? '',
        chunks: row.chunk_count ?? 0,
      });
  }
  return chats;
}

/** @returns whether there was such a chat */
export async function renameChat(
  db: Db,
  { id, title, updatedAt }: { id: string; title: string; updatedAt: WallTime },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('chats')
    .set({ title: toStored(title), updated_at: updatedAt })
    .where('id', '=', storedChatId(id))
    .where('listed', 'is', true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Deletes a chat, or a conversation that has none.
 * @param keepDocuments as legacy: `/docs` still lists its documents, of which nothing is retrieved, its jobs are still answered, and
 *   a message to the id starts it anew
 */
export function deleteChat(
  db: Db,
  { id, keepDocuments }: { id: string; keepDocuments: boolean },
): Promise<void> {
  return inTransaction(db, async (tx) => {
    const chat = await lockChat(tx, id);
    if (!chat) return;
    if (!keepDocuments || !(await hasMoreThanMessages(tx, chat.key))) {
      await tx.deleteFrom('chats').where('id', '=', chat.key).execute();
      return;
    }
    await tx.deleteFrom('messages').where('chat_id', '=', chat.key).execute();
    await dropCollection(tx, chat.key);
    await tx
      .updateTable('chats')
      .set({ listed: false, title: '', message_count: 0 })
      .where('id', '=', chat.key)
      .execute();
  });
}

async function hasMoreThanMessages(tx: Tx, key: string): Promise<boolean> {
  const { found } = await tx
    .selectNoFrom((e) =>
      e
        .or([
          e.exists(e.selectFrom('documents').where('chat_id', '=', key).select('id')),
          e.exists(e.selectFrom('jobs').where('chat_id', '=', key).select('id')),
        ])
        .as('found'),
    )
    .executeTakeFirstOrThrow();
  return Boolean(found);
}
