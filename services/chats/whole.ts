/** A whole chat, to be carried over: read here, put there. Jobs stay where they were taken. */
import { sql } from 'kysely';
import { SCHEMA } from '../db/schema.ts';
import { fromStored, toStored } from '../db/text.ts';
import { type Db, inTransaction, type Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { insertTurns, listMessages, type Message } from '../messages/store.ts';
import { storedChatId } from '../rows/chat-id.ts';
import { lockChat, lockList } from '../rows/chats.ts';
import { insertChunks, type NewChunk } from '../rows/chunks.ts';
import { placeByTime, placeFirst } from './place.ts';

export interface WholeChat {
  id: string;
  /** False: a conversation without a chat, or what is left of a deleted one. */
  listed: boolean;
  title: string;
  createdAt: WallTime;
  updatedAt: WallTime;
  /** As the list shows it; an imported chat's need not fit its messages. */
  messageCount: number;
  messages: Message[];
  documents: WholeDocument[];
}

export interface WholeDocument {
  id: string;
  name: string;
  listed: boolean;
  uploadedAt: WallTime;
  /** The original file's; null where it was never here. */
  sha256: string | null;
  /** As `/docs` shows it. */
  chunkCount: number;
  /** None where nothing of it is retrieved any more. */
  chunks: NewChunk[];
}

/** @returns undefined for an id that is not there */
export function readChat(db: Db, id: string): Promise<WholeChat | undefined> {
  return inTransaction(db, async (tx) => {
    // Nobody changes it while its parts are read.
    if (!(await lockChat(tx, id))) return undefined;
    const chat = await tx
      .selectFrom('chats')
      .selectAll()
      .where('id', '=', storedChatId(id))
      .executeTakeFirstOrThrow();
    return {
      id,
      listed: chat.listed,
      title: fromStored(chat.title),
      createdAt: chat.created_at,
      updatedAt: chat.updated_at,
      messageCount: chat.message_count,
      messages: await listMessages(tx, id),
      documents: await readDocuments(tx, chat.id),
    };
  });
}

async function readDocuments(tx: Tx, key: string): Promise<WholeDocument[]> {
  const rows = await tx
    .selectFrom('documents')
    .selectAll()
    .where('chat_id', '=', key)
    .where('attempt', 'is not', null)
    .orderBy('position')
    .execute();
  const documents: WholeDocument[] = [];
  for (const row of rows)
    documents.push({
      id: row.id,
      name: fromStored(row.name),
      listed: row.listed,
      uploadedAt: row.uploaded_at ?? '',
      sha256: row.file_sha256,
      chunkCount: row.chunk_count ?? 0,
      chunks: await readChunks(tx, row.id, row.attempt ?? 0),
    });
  return documents;
}

async function readChunks(tx: Tx, document: string, attempt: number): Promise<NewChunk[]> {
  const rows = await tx
    .selectFrom('chunks as c')
    .innerJoin('chunk_texts as t', 't.chunk_id', 'c.id')
    .select(['c.embedding', 't.text', 't.metadata'])
    .where('c.document_id', '=', document)
    .where('c.attempt', '=', attempt)
    .orderBy('c.ordinal')
    .execute();
  return rows.map(({ embedding, text, metadata }) => ({
    text: fromStored(text),
    metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, fromStored(value)])),
    embedding: Float32Array.from(JSON.parse(embedding) as number[]),
  }));
}

/**
 * Makes the chat what is given, whatever it was: also its place among the others, by the time at which it was made, if it was in no list here. Uploads that
 * are being taken in, and jobs, stay. A document that is there already is not written again.
 */
export function putChat(db: Db, chat: WholeChat): Promise<void> {
  return inTransaction(db, async (tx) => {
    const row = {
      id: storedChatId(chat.id),
      listed: chat.listed,
      title: toStored(chat.title),
      created_at: chat.createdAt,
      updated_at: chat.updatedAt,
      message_count: chat.messageCount,
    };
    await lockList(tx);
    const isHere = (await lockChat(tx, chat.id))?.listed ?? false;
    await tx
      .insertInto('chats')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    if (chat.listed && !isHere) {
      await placeFirst(tx, chat.id);
      await placeByTime(tx, { id: chat.id, madeAt: chat.createdAt });
    }
    await tx.deleteFrom('messages').where('chat_id', '=', row.id).execute();
    await insertTurns(tx, { key: row.id, next: 0, turns: chat.messages });
    await putDocuments(tx, row.id, chat.documents);
  });
}

async function putDocuments(tx: Tx, key: string, documents: WholeDocument[]): Promise<void> {
  const here = await tx
    .selectFrom('documents')
    .select(['id', 'attempt'])
    .where('chat_id', '=', key)
    .execute();
  const wanted = new Set(documents.map(({ id }) => id));
  const going = here.filter(({ id, attempt }) => attempt !== null && !wanted.has(id)).map(({ id }) => id);
  if (going.length > 0) await tx.deleteFrom('documents').where('id', 'in', going).execute();
  for (const document of documents) {
    const known = here.find(({ id }) => id === document.id);
    if (!known) await putDocument(tx, key, document);
    else if (document.chunks.length === 0)
      await tx.deleteFrom('chunks').where('document_id', '=', document.id).execute();
    const position = sql<string>`nextval(${`${SCHEMA}.document_positions`})`;
    await tx
      .updateTable('documents')
      .set({ attempt: known?.attempt ?? 1, position, chunk_count: document.chunkCount })
      .set({ listed: document.listed, uploaded_at: document.uploadedAt })
      .where('id', '=', document.id)
      .execute();
  }
}

async function putDocument(tx: Tx, key: string, { id, name, sha256, chunks }: WholeDocument): Promise<void> {
  await tx
    .insertInto('documents')
    .values({ id, chat_id: key, name: toStored(name), file_sha256: sha256 })
    .execute();
  await insertChunks(tx, { documentId: id, attempt: 1, first: 0 }, chunks);
}
