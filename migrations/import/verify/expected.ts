import type { ImportedChat } from '../source/chats.ts';

/** What a chat must have in the database, and what it takes to ask for its neighbours. */
export interface Expected {
  id: string;
  listed: boolean;
  messages: number;
  documents: number;
  chunks: number;
  /** Its collection, where all of that came over. */
  collection: string | undefined;
}

export function expectedOf(chat: ImportedChat): Expected {
  const chunks = chat.documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const { id, listed, messages, documents, collection } = chat;
  const whole = collection && chunks === collection.count && chunks > 0;
  return {
    id,
    listed,
    messages: messages.length,
    documents: documents.length,
    chunks,
    collection: whole ? collection.name : undefined,
  };
}
