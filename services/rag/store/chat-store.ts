/** The seam of vector stores: LangChain's, with what legacy's retrieval asks besides. */
import type { Document } from '@langchain/core/documents';
import type { VectorStore } from '@langchain/core/vectorstores';
import type { Claim } from '../../jobs/claim.ts';

export interface ChatFilter {
  chatId: string;
}

/** Where chunks go: a document comes to be under a claim, and is seen once it is published. */
export interface StagingPlace {
  claim: Claim;
  /** The place of the first one in the document, from 0. */
  first: number;
}

/** Scores are distances, squared; the nearest comes first. `filter` says in which chat. */
export interface ChatStore extends VectorStore {
  FilterType: ChatFilter;
  /** Stages chunks, in the database that publishes them. @throws ClaimLostError */
  addVectors(
    vectors: number[][],
    documents: Document<Record<string, string>>[],
    place?: StagingPlace,
  ): Promise<void>;
  /** Whether anything could be found: legacy looks for nothing in a chat without documents. */
  hasDocuments(chatId: string): Promise<boolean>;
  /** What chunks' documents are called in the chat's list, by `doc_id`; those it does not know are missing. */
  listedNames(documentIds: readonly string[]): Promise<Map<string, string>>;
}

/** What makes documents of uploads needs of a store: its model, and where chunks go. */
export type StagingStore = Pick<ChatStore, 'embeddings' | 'addVectors'>;
