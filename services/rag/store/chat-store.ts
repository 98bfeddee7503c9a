/** The seam of vector stores: LangChain's, with what legacy's retrieval asks besides. */
import type { VectorStore } from '@langchain/core/vectorstores';

export interface ChatFilter {
  chatId: string;
}

/** Scores are distances, squared; the nearest comes first. `filter` says in which chat. */
export interface ChatStore extends VectorStore {
  FilterType: ChatFilter;
  /** Whether anything could be found: legacy looks for nothing in a chat without documents. */
  hasDocuments(chatId: string): Promise<boolean>;
  /** What chunks' documents are called in the chat's list, by `doc_id`; those it does not know are missing. */
  listedNames(documentIds: readonly string[]): Promise<Map<string, string>>;
}
