/** `GET /api/chats/:chat_id`: what was said in it. */
import type { Handler } from '../handler.ts';
import type { KeptReads } from '../kept/kept-reads.ts';
import type { Quirks } from '../quirks.ts';
import { listMessages } from './store.ts';

/** None for a chat that is not there. */
export function list(kept: KeptReads, quirks: Quirks): Handler<'chat_id'> {
  return async ({ params }, { db, newId, now }) => {
    const { chat_id: chatId } = params;
    const messages = await kept(`messages ${chatId}`, () => listMessages(db, chatId));
    const shown = messages.map(({ id, text, role, createdAt }) => ({
      text,
      sender: role === 'user' ? 'user' : 'bot',
      ...(quirks['invented-message-ids'] ? { id: newId(), timestamp: now() } : { id, timestamp: createdAt }),
    }));
    return { status: 200, json: shown };
  };
}
