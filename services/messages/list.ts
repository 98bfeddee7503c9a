/** `GET /api/chats/:chat_id`: what was said in it. */
import type { Handler } from '../handler.ts';
import type { Quirks } from '../quirks.ts';
import { listMessages } from './store.ts';

/** None for a chat that is not there. */
export function list(quirks: Quirks): Handler<'chat_id'> {
  return async ({ params }, { db, newId, now }) => {
    const messages = await listMessages(db, params.chat_id);
    const shown = messages.map(({ id, text, role, createdAt }) => ({
      text,
      sender: role === 'user' ? 'user' : 'bot',
      ...(quirks['invented-message-ids'] ? { id: newId(), timestamp: now() } : { id, timestamp: createdAt }),
    }));
    return { status: 200, json: shown };
  };
}
