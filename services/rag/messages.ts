/** A conversation as LangChain's messages, and a model's message as a reply. */
import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import type { Turn } from './answerer.ts';

/** The history, then one user turn with the prompt. A turn without a text is one without content. */
export function toMessages(history: readonly Turn[], prompt: string): BaseMessage[] {
  return [
    ...history.map(({ role, text }) => {
      const content = text ?? [];
      return role === 'user' ? new HumanMessage({ content }) : new AIMessage({ content });
    }),
    new HumanMessage(prompt),
  ];
}

/** Legacy's words for an answer without parts. */
const noAnswer = "I couldn't generate a response.";

/**
 * The texts of all parts in a row. Null where there are parts and none is a text: thinking, pictures and calls of
 * functions are none.
 */
export function toReply({ content }: Pick<BaseMessage, 'content'>): string | null {
  if (typeof content === 'string') return content;
  if (content.length === 0) return noAnswer;
  const texts = content.flatMap((part) =>
    part.type === 'text' && typeof part.text === 'string' ? [part.text] : [],
  );
  return texts.length ? texts.join('') : null;
}
