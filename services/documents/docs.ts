/** `GET /api/chats/:chat_id/docs`: what a chat answers from, and what is being read. */
import type { Handler } from '../handler.ts';
import { viewDocs } from './store.ts';

/** Nothing for a chat that is not there. */
export const docs: Handler<'chat_id'> = async ({ params: { chat_id } }, { db }) => {
  const { documents, processing } = await viewDocs(db, chat_id);
  return {
    status: 200,
    json: {
      chat_id,
      pdfs: documents.map(({ name, chunks }) => ({ name, chunks, status: 'active' })),
      xlsx: [],
      processing: processing.map(({ jobId, name, status }) => ({ name, job_id: jobId, status })),
      total_docs: documents.length + processing.length,
    },
  };
};
