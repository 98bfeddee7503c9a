/** PostgreSQL with pgvector as LangChain's vector store: exact search within a chat. */
import { Document } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import { VectorStore } from '@langchain/core/vectorstores';
import { fromStored } from '../../db/text.ts';
import type { Db } from '../../db/transaction.ts';
import { nearestChunks } from '../../documents/search.ts';
import { ClaimLostError } from '../../jobs/claim.ts';
import { stageChunks } from '../../jobs/publish.ts';
import { storedChatId } from '../../rows/chat-id.ts';
import type { ChatFilter, ChatStore, StagingPlace } from './chat-store.ts';

export class PostgresStore extends VectorStore implements ChatStore {
  declare FilterType: ChatFilter;
  readonly #db: Db;

  constructor(embeddings: EmbeddingsInterface, { db }: { db: Db }) {
    super(embeddings, {});
    this.#db = db;
  }

  override _vectorstoreType(): string {
    return 'postgres';
  }

  /** @returns the nearest first, ties by publication and place, with squared distances */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: ChatFilter,
  ): Promise<[Document, number][]> {
    if (!filter) throw new TypeError('A search needs to know its chat: filter { chatId }');
    const found = await nearestChunks(this.#db, { chatId: filter.chatId, vector: query, limit: k });
    return found.map(({ text, metadata, distance }) => [
      new Document({ pageContent: text, metadata }),
      distance,
    ]);
  }

  /** @throws ClaimLostError */
  override async addVectors(
    vectors: number[][],
    documents: Document<Record<string, string>>[],
    place?: StagingPlace,
  ): Promise<void> {
    if (!place) throw new TypeError('Chunks are staged under the claim of a job: { claim, first }');
    const chunks = documents.map(({ pageContent, metadata }, index) => ({
      text: pageContent,
      metadata,
      embedding: vectors[index] ?? [],
    }));
    if (!(await stageChunks(this.#db, place.claim, { first: place.first, chunks })))
      throw new ClaimLostError();
  }

  override async addDocuments(
    documents: Document<Record<string, string>>[],
    place?: StagingPlace,
  ): Promise<void> {
    const vectors = await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    await this.addVectors(vectors, documents, place);
  }

  async hasDocuments(chatId: string): Promise<boolean> {
    const one = await this.#db
      .selectFrom('documents as d')
      .innerJoin('chunks as c', (on) =>
        on.onRef('c.document_id', '=', 'd.id').onRef('c.attempt', '=', 'd.attempt'),
      )
      .select('d.id')
      .where('d.chat_id', '=', storedChatId(chatId))
      .limit(1)
      .executeTakeFirst();
    return one !== undefined;
  }

  async listedNames(documentIds: readonly string[]): Promise<Map<string, string>> {
    const ids = [...new Set(documentIds)].filter((id) => uuid.test(id));
    if (ids.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('documents')
      .select(['id', 'name'])
      .where('id', 'in', ids)
      .execute();
    return new Map(rows.map(({ id, name }) => [id, fromStored(name)]));
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
