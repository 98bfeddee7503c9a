/** What legacy does where it drops a chat's collection: nothing of it is found any more, and `/docs` goes on listing all of it. */
import type { Tx } from '../db/transaction.ts';

/**
 * Removes the chunks and the files of a chat's published documents, and takes the documents out of the chat's list. Only the names
 * and the numbers of chunks stay. An upload that is still being read stays whole: it will be published.
 */
export async function dropCollection(tx: Tx, chatKey: string): Promise<void> {
  const published = tx
    .selectFrom('documents')
    .select('id')
    .where('chat_id', '=', chatKey)
    .where('attempt', 'is not', null);
  await tx.deleteFrom('chunks').where('document_id', 'in', published).execute();
  await tx
    .updateTable('documents')
    .set({ listed: false, file_sha256: null })
    .where('chat_id', '=', chatKey)
    .where('attempt', 'is not', null)
    .execute();
}
