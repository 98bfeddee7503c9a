/**
 * The conversations that have a message at the model. As legacy: such a message holds on to the conversation that it began in, and
 * brings all of it back if its chat is deleted before the model has answered. Known to this process alone.
 */
import type { Message } from './store.ts';

export interface Conversation {
  /** Its turns when its chat was deleted; undefined while they are in the database. */
  deleted?: readonly Message[];
  /** How many of its messages are at the model. */
  asking: number;
}

export interface Conversations {
  /** To be called before the history is read. */
  begin(chatId: string): Conversation;
  /** To be called in the transaction that stores the message. The chat goes on with this conversation. */
  resume(chatId: string, conversation: Conversation): void;
  end(chatId: string, conversation: Conversation): void;
  /** Whether the deletion of this chat has to keep its turns for a message that is at the model. */
  isAsking(chatId: string): boolean;
  /** The chat is deleted: a later message to it begins another conversation. */
  leave(chatId: string, turns: readonly Message[]): void;
}

export function createConversations(): Conversations {
  const current = new Map<string, Conversation>();
  return {
    begin(chatId) {
      const conversation = current.get(chatId) ?? { asking: 0 };
      conversation.asking += 1;
      current.set(chatId, conversation);
      return conversation;
    },
    resume(chatId, conversation) {
      current.set(chatId, conversation);
    },
    end(chatId, conversation) {
      conversation.asking -= 1;
      if (conversation.asking === 0 && current.get(chatId) === conversation) current.delete(chatId);
    },
    isAsking: (chatId) => current.has(chatId),
    leave(chatId, turns) {
      const conversation = current.get(chatId);
      if (conversation) conversation.deleted = turns;
      current.delete(chatId);
    },
  };
}
