/** `DELETE /api/chats/:chat_id`. */
import type { Handler } from '../handler.ts';
import type { Quirks } from '../quirks.ts';
import { deleteChat } from './store.ts';

/** What is not there is deleted without effect. */
export function remove(quirks: Quirks): Handler<'chat_id'> {
  return ({ params }, { commit }) =>
    commit(async (tx) => {
      await deleteChat(tx, { id: params.chat_id, keepDocuments: quirks['deleted-chat-lingers'] });
      return { status: 200, json: { message: 'Chat deleted successfully' } };
    });
}
