/** Answers a message from what a chat's documents say. */

/** One stored turn of a conversation. */
export interface Turn {
  role: 'user' | 'model';
  /** Null where the model's reply was. */
  text: string | null;
}

export interface Question {
  chatId: string;
  /** Stripped, and not empty. */
  message: string;
  /** The last turns, the oldest first. */
  history: readonly Turn[];
  /** Names the operation to the relay, so that asking again costs nothing. */
  operationId?: string;
}

/** Where an answer comes from, as the client is shown it. */
export interface Source {
  /** From 1, in the order of the prompt's context. */
  id: number;
  source: string;
  /** `Page 3`, or `Page 2, Table`. */
  location: string;
  doc_type: string;
  content_type: string;
  /** The first 800 code points. */
  content: string;
  full_content: string;
  page: string;
}

export interface Answer {
  /** Null where the model's text was; a failing model is a reply too: `I encountered an error: …`. */
  reply: string | null;
  sources: readonly Source[];
}

export interface Answerer {
  /**
   * A failing retrieval is an answer without context, a failing model an answer that says so; both as legacy has it.
   * @throws the signal's reason
   */
  answer(question: Question, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}
