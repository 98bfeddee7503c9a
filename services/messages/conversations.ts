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
  /**
   * Keeps the turns of a chat whose deletion was journaled, for ten minutes. The mirror replays a message that was at the other
   * backend's model meanwhile around the deletion; if it is killed in between, the message comes after the deletion.
   */
  remember(chatId: string, turns: readonly Message[]): void;
  /** The turns of the chat's last journaled deletion, if there are at most so many; otherwise none. */
  remembered(chatId: string, most: number): readonly Message[];
}

/** Longer than a message may take, and of so many chats at most. */
const rememberedFor = 10 * 60_000;
const rememberedChats = 100;

export function createConversations(): Conversations {
  const current = new Map<string, Conversation>();
  const deleted = new Map<string, readonly Message[]>();
  const forget = (chatId: string, turns: readonly Message[]) => {
    if (deleted.get(chatId) === turns) deleted.delete(chatId);
  };
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
    remember(chatId, turns) {
      deleted.delete(chatId);
      if (turns.length === 0) return;
      deleted.set(chatId, turns);
      const [oldest] = deleted.size > rememberedChats ? deleted.keys() : [];
      if (oldest !== undefined) deleted.delete(oldest);
      setTimeout(forget, rememberedFor, chatId, turns).unref();
    },
    remembered(chatId, most) {
      const turns = deleted.get(chatId) ?? [];
      return turns.length <= most ? turns : [];
    },
  };
}
