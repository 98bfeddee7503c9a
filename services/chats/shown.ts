/** A chat as clients are shown it. */
import type { Json } from '../wire/json.ts';
import type { Chat } from './store.ts';

export function shownChat({ id, title, createdAt, updatedAt, messageCount, pdfs }: Chat): Json {
  return {
    id,
    title,
    created_at: createdAt,
    updated_at: updatedAt,
    message_count: messageCount,
    has_pdf: pdfs.length > 0,
    pdf_count: pdfs.length,
    pdf_list: pdfs.map(({ name, uploadedAt, chunks }) => ({
      name,
      upload_time: uploadedAt,
      chunks_added: chunks,
      status: 'active',
    })),
  };
}
