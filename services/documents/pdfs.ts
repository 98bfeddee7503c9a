/** The PDFs in the list of a chat, and of all chats. */
import { failure, type Handler } from '../handler.ts';
import { listAllPdfs, listPdfs } from './store.ts';

/** `GET /api/chats/:chat_id/pdfs`. */
export const pdfsOfChat: Handler<'chat_id'> = async ({ params: { chat_id } }, { db }) => {
  const listed = await listPdfs(db, chat_id);
  if (!listed) return failure(404, 'Chat not found');
  const pdfs = listed.map(({ name, chunks }) => ({ name, chunks, status: 'active' }));
  return { status: 200, json: { chat_id, pdfs, total_pdfs: pdfs.length } };
};

/** `GET /api/pdfs`: those of the newest made chat first. */
export const allPdfs: Handler = async (_request, { db }) => {
  const pdfs = (await listAllPdfs(db)).map(({ chatId, chatTitle, name, chunks, uploadedAt }) => ({
    ...{ chat_id: chatId, chat_title: chatTitle, name, chunks, status: 'active', uploaded_at: uploadedAt },
  }));
  return { status: 200, json: { pdfs, total_pdfs: pdfs.length } };
};
