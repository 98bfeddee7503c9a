/** `DELETE /api/chats/:chat_id/pdfs/:name`. */
import { failure, type Handler } from '../handler.ts';
import type { Quirks } from '../quirks.ts';
import { deletePdf } from './store.ts';

export function remove(quirks: Quirks): Handler<'chat_id' | 'name'> {
  const keepUnlisted = quirks['deleted-pdf-still-retrieved'];
  return ({ params: { chat_id, name } }, { presets, now, commit }) =>
    commit(async (tx) => {
      const updatedAt = presets.updatedAt ?? now();
      const done = await deletePdf(tx, { chatId: chat_id, name, updatedAt, keepUnlisted });
      if (done === 'no-chat') return failure(404, 'Chat not found');
      if (done === 'no-pdf') return failure(404, `PDF '${name}' not found`);
      return { status: 200, json: { message: 'PDF removed successfully', chat_id, pdf_name: name } };
    });
}
