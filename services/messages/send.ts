/** `POST /api/chats/:chat_id/messages`. */

import { failure, type Handler, type Operation } from '../handler.ts';
import type { Quirks } from '../quirks.ts';
import type { Answerer } from '../rag/answerer.ts';
import { isListed } from '../rows/chats.ts';
import type { Conversations } from './conversations.ts';
import { appendExchange, type Exchange, history, type Message } from './store.ts';

/** How many stored turns the model is given. */
const turns = 10;

export interface SendOptions {
  answerer: Answerer;
  quirks: Quirks;
  conversations: Conversations;
}

const gone = failure(404, 'Chat not found');

/**
 * The input is the message, without blanks around it. What was said before is read at the start, and the exchange is stored
 * once the model has answered: two messages at once see the same history, and neither waits for the other's model.
 */
export function send({ answerer, quirks, conversations }: SendOptions): Handler<'chat_id', string> {
  const unknownChat: Exchange['unknownChat'] = quirks['deleted-chat-lingers'] ? 'begin' : 'refuse';
  return async ({ params: { chat_id: chatId }, input: message }, operation) => {
    if (!message) return failure(400, 'Message cannot be empty');
    const { db, id, signal, presets, now, commit } = operation;
    if (unknownChat === 'refuse' && !(await isListed(db, chatId))) return gone;
    const conversation = conversations.begin(chatId);
    try {
      const past = await history(db, chatId, turns);
      const question = { chatId, message, history: past, ...(id === undefined ? {} : { operationId: id }) };
      const { reply, sources } = await answerer.answer(question, signal);
      const exchange = [turn(operation, 'user', message), turn(operation, 'model', reply)] as const;
      return await commit(async (tx) => {
        const updatedAt = presets.updatedAt ?? now();
        const { messageCount: shownCount, answeredCount = 0 } = presets;
        const deleted = (count: number) => {
          conversations.resume(chatId, conversation);
          const most = answeredCount - exchange.length - count;
          return conversation.deleted ?? conversations.remembered(chatId, most);
        };
        const appended = { chatId, turns: exchange, updatedAt, unknownChat, deleted, shownCount };
        const count = await appendExchange(tx, appended);
        if (count === undefined) return gone;
        return {
          status: 200,
          json: { reply, sources: sources.map((source) => ({ ...source })), message_count: count },
        };
      });
    } finally {
      conversations.end(chatId, conversation);
    }
  };
}

function turn({ newId, now }: Operation, role: Message['role'], text: string | null): Message {
  return { id: newId(), role, text, createdAt: now() };
}
