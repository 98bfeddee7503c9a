/** The documents of chats: published ones, in the order of their publication. A name may be there twice. */
import { sql } from 'kysely';
import { fromStored, toStored } from '../db/text.ts';
import { type Db, inTransaction, type Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import { storedChatId } from '../rows/chat-id.ts';
import { isListed, lockChat } from '../rows/chats.ts';
import { dropCollection } from '../rows/drop.ts';
import type { ListedPdf } from '../rows/listed-pdf.ts';

/** The PDFs in a chat's list; undefined where there is no such chat. */
export async function listPdfs(db: Db, chatId: string): Promise<ListedPdf[] | undefined> {
  const rows = await db
    .selectFrom('chats as c')
    .leftJoin('documents as d', (on) => on.onRef('d.chat_id', '=', 'c.id').on('d.listed', 'is', true))
    .where('c.id', '=', storedChatId(chatId))
    .where('c.listed', 'is', true)
    .select(['d.name', 'd.uploaded_at', 'd.chunk_count'])
    .orderBy('d.position')
    .execute();
  if (rows.length === 0) return undefined;
  return rows.flatMap((row) => (row.name === null ? [] : [toPdf({ ...row, name: row.name })]));
}

const toPdf = (row: { name: string; uploaded_at: WallTime | null; chunk_count: number | null }) => ({
  name: fromStored(row.name),
  uploadedAt: row.uploaded_at ?? '',
  chunks: row.chunk_count ?? 0,
});

/** The names that an upload may not have, and as many as there are; undefined where there is no such chat. */
export async function takenNames(
  db: Db,
  chatId: string,
  { queued }: { queued: boolean },
): Promise<string[] | undefined> {
  if (!(await isListed(db, chatId))) return undefined;
  const rows = await db
    .selectFrom('documents')
    .select('name')
    .where('chat_id', '=', storedChatId(chatId))
    .where((e) =>
      queued ? e.or([e('listed', 'is', true), e('attempt', 'is', null)]) : e('listed', 'is', true),
    )
    .orderBy('position')
    .execute();
  return rows.map(({ name }) => fromStored(name));
}

export interface PdfOfChat extends ListedPdf {
  chatId: string;
  chatTitle: string;
}

/** Every listed PDF, by chat, the newest made chat first. */
export async function listAllPdfs(db: Db): Promise<PdfOfChat[]> {
  const rows = await db
    .selectFrom('documents as d')
    .innerJoin('chats as c', 'c.id', 'd.chat_id')
    .where('c.listed', 'is', true)
    .where('d.listed', 'is', true)
    .select(['c.id', 'c.title', 'd.name', 'd.uploaded_at', 'd.chunk_count'])
    .orderBy('c.position', 'desc')
    .orderBy('d.position')
    .execute();
  return rows.map((row) => ({ chatId: fromStored(row.id), chatTitle: fromStored(row.title), ...toPdf(row) }));
}

export interface DocsView {
  /** Everything that was ever retrieved, whether its chunks are still there or not. */
  documents: { name: string; chunks: number }[];
  processing: { jobId: string; name: string; status: 'queued' | 'processing' }[];
}

/** What a chat knows and what it is about to know; empty for an id that is not there. One query, so nothing is missed. */
export async function viewDocs(db: Db, chatId: string): Promise<DocsView> {
  const key = storedChatId(chatId);
  const rows = await db
    .selectFrom('documents')
    .where('chat_id', '=', key)
    .where('attempt', 'is not', null)
    .select(['position', 'name', 'chunk_count as chunks'])
    .select([sql<string | null>`null::uuid`.as('job'), sql<string | null>`null::text`.as('status')])
    .unionAll((e) =>
      e
        .selectFrom('jobs')
        .where('chat_id', '=', key)
        .where('status', 'in', ['queued', 'processing'])
        .select(['position', 'filename as name', sql<number | null>`null::integer`.as('chunks')])
        .select(['id as job', 'status']),
    )
    .execute();
  const ordered = rows.sort((a, b) => Number(a.position) - Number(b.position));
  return {
    documents: ordered.flatMap(({ job, name, chunks }) =>
      job === null ? [{ name: fromStored(name), chunks: chunks ?? 0 }] : [],
    ),
    processing: ordered.flatMap(({ job, name, status }) =>
      job !== null && (status === 'queued' || status === 'processing')
        ? [{ jobId: job, name: fromStored(name), status }]
        : [],
    ),
  };
}

export interface PdfDeletion {
  chatId: string;
  /** All of that name go. */
  name: string;
  updatedAt: WallTime;
  /** As legacy: it is out of the list, retrieved until the chat's last PDF is deleted, and in `/docs` after that too. */
  keepUnlisted: boolean;
}

/** Takes a PDF out of a chat's list. With the last one, the chat retrieves nothing any more. */
export function deletePdf(db: Db, deletion: PdfDeletion): Promise<'deleted' | 'no-chat' | 'no-pdf'> {
  return inTransaction(db, async (tx) => {
    const chat = await lockChat(tx, deletion.chatId);
    if (!chat?.listed) return 'no-chat';
    const listed = await tx
      .selectFrom('documents')
      .select(['id', 'name'])
      .where('chat_id', '=', chat.key)
      .where('listed', 'is', true)
      .execute();
    const name = toStored(deletion.name);
    const going = listed.filter((document) => document.name === name).map(({ id }) => id);
    if (going.length === 0) return 'no-pdf';
    const isLast = going.length === listed.length;
    if (isLast) await (deletion.keepUnlisted ? dropCollection : deletePublished)(tx, chat.key);
    else if (deletion.keepUnlisted)
      await tx.updateTable('documents').set({ listed: false }).where('id', 'in', going).execute();
    else await tx.deleteFrom('documents').where('id', 'in', going).execute();
    await tx
      .updateTable('chats')
      .set({ updated_at: deletion.updatedAt })
      .where('id', '=', chat.key)
      .execute();
    return 'deleted';
  });
}

/** An upload that is still being taken in stays: it will be published. */
async function deletePublished(tx: Tx, key: string): Promise<void> {
  await tx.deleteFrom('documents').where('chat_id', '=', key).where('attempt', 'is not', null).execute();
}
