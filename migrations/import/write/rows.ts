/** Many rows in one statement, as one JSON parameter: statements with a parameter for each value are slow to make and to read. */
import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import { sql } from 'kysely';
import { SCHEMA } from '../../../services/db/schema.ts';
import { toStored } from '../../../services/db/text.ts';
import type { Tx } from '../../../services/db/transaction.ts';
import { toVector } from '../../../services/db/vector.ts';
import { toRow } from '../../../services/messages/store.ts';
import { storedChatId } from '../../../services/rows/chat-id.ts';
import type { NewChunk } from '../../../services/rows/chunks.ts';
import type { ImportedChat } from '../source/chats.ts';
import type { ImportedDocument } from '../source/documents.ts';

/** A chunk takes as long to store as so many messages. */
const messagesToAChunk = 20;

const table = (name: string) => sql.table(`${SCHEMA}.${name}`);

/** @param rows how many messages go into one statement */
export async function insertMessages(tx: Tx, chats: readonly ImportedChat[], rows: number): Promise<void> {
  const all = chats.flatMap(({ id, messages }) =>
    messages.map((message, turn) => ({ ...toRow(message), chat_id: storedChatId(id), turn })),
  );
  for (const some of slices(all, rows)) {
    await sql`
      insert into ${table('messages')} (id, chat_id, turn, role, text, created_at)
      select * from json_to_recordset(${JSON.stringify(some)}::json)
        as given(id uuid, chat_id text, turn integer, role text, text text, created_at timestamp)`.execute(
      tx,
    );
    await turnOfTheEventLoop();
  }
}

/** The documents, published, with their chunks. @param rows how many messages would go into one statement */
export async function insertDocuments(tx: Tx, chats: readonly ImportedChat[], rows: number): Promise<void> {
  const documents = chats.flatMap((chat) =>
    chat.documents.map((document) => toDocumentRow(chat.id, document)),
  );
  for (const some of slices(documents, 1000)) await tx.insertInto('documents').values(some).execute();
  const chunks = chats.flatMap((chat) => chat.documents).flatMap(toChunkRows);
  for (const some of slices(chunks, Math.max(1, Math.floor(rows / messagesToAChunk)))) {
    await sql`
      with given as (
        select * from json_to_recordset(${JSON.stringify(some.map(encoded))}::json)
          as given(document_id uuid, ordinal integer, embedding text, text text, metadata jsonb)
      ), made as (
        insert into ${table('chunks')} (document_id, attempt, ordinal, embedding)
        select document_id, 1, ordinal, embedding::vector from given
        returning id, document_id, ordinal
      )
      insert into ${table('chunk_texts')} (chunk_id, text, metadata)
      select made.id, given.text, given.metadata from made join given using (document_id, ordinal)`.execute(
      tx,
    );
    await turnOfTheEventLoop();
  }
}

const toDocumentRow = (chatId: string, document: ImportedDocument) => ({
  id: document.id,
  chat_id: storedChatId(chatId),
  name: toStored(document.name),
  listed: document.listed,
  attempt: 1,
  chunk_count: document.chunkCount,
  uploaded_at: document.uploadedAt,
  // In the order of the rows.
  position: sql`nextval(${`${SCHEMA}.document_positions`})` as never,
});

interface ChunkRow {
  document_id: string;
  ordinal: number;
  chunk: NewChunk;
}

const toChunkRows = ({ id, chunks }: ImportedDocument): ChunkRow[] =>
  chunks.map((chunk, ordinal) => ({ document_id: id, ordinal, chunk }));

/** Vectors are long as texts: they are made for one statement at a time. */
const encoded = ({ chunk: { text, metadata, embedding }, ...row }: ChunkRow) => ({
  ...row,
  text: toStored(text),
  embedding: toVector(embedding),
  metadata: Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, toStored(value)])),
});

function* slices<T>(all: readonly T[], length: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += length) yield all.slice(at, at + length);
}
