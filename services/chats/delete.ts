/** `DELETE /api/chats/:chat_id`. */
import type { Handler } from '../handler.ts';
import type { Conversations } from '../messages/conversations.ts';
import { listMessages } from '../messages/store.ts';
import type { Quirks } from '../quirks.ts';
import { lockChat } from '../rows/chats.ts';
import { deleteChat } from './store.ts';

/** Deleting a chat that is not there has no effect. */
export function remove(quirks: Quirks, conversations: Conversations): Handler<'chat_id'> {
  const lingers = quirks['deleted-chat-lingers'];
  return ({ params: { chat_id: id } }, { id: operationId, commit }) =>
    commit(async (tx) => {
      await lockChat(tx, id);
      // Behind the lock: a message that is stored now has either been counted among these turns, or waits for this transaction.
      const isJournaled = operationId !== undefined;
      if (lingers && (isJournaled || conversations.isAsking(id))) {
        const turns = await listMessages(tx, id);
        conversations.leave(id, turns);
        if (isJournaled) conversations.remember(id, turns);
      }
      await deleteChat(tx, { id, keepDocuments: lingers });
      return { status: 200, json: { message: 'Chat deleted successfully' } };
    });
}
