/** `GET /api/chats/:chat_id/docs`: what a chat answers from, and what is being read. */
import type { Handler } from '../handler.ts';
import type { KeptReads } from '../kept/kept-reads.ts';
import { viewDocs } from './store.ts';

/** Nothing for a chat that is not there. */
export function docs(kept: KeptReads): Handler<'chat_id'> {
  return async ({ params: { chat_id } }, { db }) => ({
    status: 200,
    isKept: true,
    json: await kept(`docs ${chat_id}`, async () => {
      const { documents, processing } = await viewDocs(db, chat_id);
      return {
        chat_id,
        pdfs: documents.map(({ name, chunks }) => ({ name, chunks, status: 'active' })),
        xlsx: [],
        processing: processing.map(({ jobId, name, status }) => ({ name, job_id: jobId, status })),
        total_docs: documents.length + processing.length,
      };
    }),
  });
}
