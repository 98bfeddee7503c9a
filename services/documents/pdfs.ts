/** The PDFs in the list of a chat, and of all chats. */
import { failure, type Handler, type Result } from '../handler.ts';
import type { KeptReads } from '../kept/kept-reads.ts';
import { listAllPdfs, listPdfs } from './store.ts';

/** `GET /api/chats/:chat_id/pdfs`. */
export function pdfsOfChat(kept: KeptReads): Handler<'chat_id'> {
  return ({ params: { chat_id } }, { db }) =>
    kept(`pdfs ${chat_id}`, async (): Promise<Result> => {
      const listed = await listPdfs(db, chat_id);
      if (!listed) return failure(404, 'Chat not found');
      const pdfs = listed.map(({ name, chunks }) => ({ name, chunks, status: 'active' }));
      return { status: 200, json: { chat_id, pdfs, total_pdfs: pdfs.length }, isKept: true };
    });
}

/** `GET /api/pdfs`: those of the newest made chat first. */
export function allPdfs(kept: KeptReads): Handler {
  return (_request, { db }) =>
    kept('pdfs', async (): Promise<Result> => {
      const pdfs = (await listAllPdfs(db)).map(({ chatId, chatTitle, name, chunks, uploadedAt }) => ({
        chat_id: chatId,
        chat_title: chatTitle,
        name,
        chunks,
        status: 'active',
        uploaded_at: uploadedAt,
      }));
      return { status: 200, json: { pdfs, total_pdfs: pdfs.length }, isKept: true };
    });
}
