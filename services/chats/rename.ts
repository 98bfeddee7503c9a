/** `PUT /api/chats/:chat_id/rename`. */
import { failure, type Handler } from '../handler.ts';
import { renameChat } from './store.ts';

/** The input is the title, without blanks around it. A chat that is not there is renamed without effect. */
export const rename: Handler<'chat_id', string> = ({ params, input: title }, { presets, now, commit }) => {
  if (!title) return failure(400, 'Title cannot be empty');
  return commit(async (tx) => {
    await renameChat(tx, { id: params.chat_id, title, updatedAt: presets.updatedAt ?? now() });
    return { status: 200, json: { message: 'Chat renamed successfully' } };
  });
};
