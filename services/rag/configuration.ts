/**
 * The one place that says what retrieval is made of: `ragConfiguration`. Another chat model, embedding model, store or splitter
 * is another line there, and nothing else changes; another kind of one is a case of its `create` besides.
 */

import { internalHeaders } from '@banyan/operations/internal-headers.ts';
import { traceparent } from '@banyan/operations/tracing/spans.ts';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { EmbeddingModelId } from '../db/embedding-model.ts';
import type { Db } from '../db/transaction.ts';
import { legacySplitter, type SplitterSettings } from '../ingestion/splitters.ts';
import { loadGoogleGenAi, loadOpenAi } from '../optional/lang-chain.ts';
import type { Question } from './answerer.ts';
import { miniLmModel, startEmbeddings } from './embeddings/mini-lm.ts';
import { GeminiChat, geminiModel } from './gemini/gemini-chat.ts';
import type { ChatStore } from './store/chat-store.ts';
import { PostgresStore } from './store/postgres-store.ts';

export type ChatModelSettings =
  /** Legacy's model, its errors and edges to the byte. */
  | { kind: 'gemini'; baseUrl: string; apiKey: string; model?: string }
  /** The same model by LangChain's own class, whose errors have other words. */
  | { kind: 'google-genai'; baseUrl: string; apiKey: string; model?: string }
  | { kind: 'openai'; baseUrl?: string; apiKey: string; model: string };

export type EmbeddingSettings =
  /** Legacy's. */
  | { kind: 'minilm' }
  /** Of an OpenAI-compatible endpoint whose model can be asked for vectors of 384 numbers, which is what a chunk has. */
  | { kind: 'openai'; baseUrl?: string; apiKey: string; model: string };

export interface RagConfiguration {
  /** @param endpoint the relay's, or the model's own */
  chatModel: (endpoint: { baseUrl: string; apiKey: string }) => ChatModelSettings;
  embeddings: EmbeddingSettings;
  /** Chunks are staged, published and searched in `db`: a store that keeps them elsewhere cannot show a document at once. */
  store: (embeddings: EmbeddingsInterface, place: { db: Db }) => ChatStore;
  splitter: SplitterSettings;
}

/** What is in use: each as legacy has it. */
export const ragConfiguration: RagConfiguration = {
  chatModel: (endpoint) => ({ kind: 'gemini', ...endpoint }),
  embeddings: { kind: 'minilm' },
  store: (embeddings, place) => new PostgresStore(embeddings, place),
  splitter: legacySplitter,
};

export interface RagParts {
  /** The libraries' own classes take a second to load: only the one that is asked is. */
  chatModel: () => Promise<BaseChatModel>;
  /** What a call of the model is given besides its messages. */
  callOptions?: (question: Question) => object;
  store: ChatStore;
}

/** What the database is opened with, so that vectors of two models never meet. */
export function embeddingModelOf(settings: EmbeddingSettings): EmbeddingModelId {
  return settings.kind === 'minilm' ? miniLmModel : { id: settings.model, dimension: miniLmModel.dimension };
}

/** @param modelFolder makes MiniLM where it has to be made; asked for with the first text, and for nothing else */
export async function createEmbeddings(
  settings: EmbeddingSettings,
  modelFolder: () => Promise<string>,
): Promise<EmbeddingsInterface & { close(): Promise<void> }> {
  switch (settings.kind) {
    case 'minilm':
      return startEmbeddings({ modelFolder });
    case 'openai': {
      const { baseUrl, apiKey, model } = settings;
      const { OpenAIEmbeddings } = await loadOpenAi('embeddings');
      const configuration = { ...(baseUrl !== undefined && { baseURL: baseUrl }) };
      const { dimension: dimensions } = embeddingModelOf(settings);
      const options = { apiKey, model, dimensions, configuration, encodingFormat: 'float' } as const;
      return Object.assign(new OpenAIEmbeddings(options), { close: async () => {} });
    }
  }
}

/** Names the operation to the relay, so that asking again costs nothing, and the trace that it belongs to. */
function relayHeaders({ operationId }: Question): Record<string, string> {
  const trace = traceparent();
  return {
    ...(operationId !== undefined && { [internalHeaders.operation]: operationId }),
    ...(trace !== undefined && { traceparent: trace }),
  };
}

/** None of them asks again by itself: the SDK of legacy does not, and each call costs money. */
export function createChatModel(settings: ChatModelSettings): Pick<RagParts, 'chatModel' | 'callOptions'> {
  switch (settings.kind) {
    case 'gemini': {
      const gemini = new GeminiChat(settings);
      return {
        chatModel: async () => gemini,
        callOptions: (question) => ({ headers: relayHeaders(question) }),
      };
    }
    case 'google-genai': {
      const { baseUrl, apiKey, model = geminiModel } = settings;
      return {
        // It takes no headers for one call.
        chatModel: once(async () => {
          const { ChatGoogleGenerativeAI } = await loadGoogleGenAi();
          return new ChatGoogleGenerativeAI({ baseUrl, apiKey, model, maxRetries: 0 });
        }),
      };
    }
    case 'openai': {
      const { baseUrl, apiKey, model } = settings;
      const configuration = { ...(baseUrl !== undefined && { baseURL: baseUrl }) };
      return {
        chatModel: once(async () => {
          const { ChatOpenAI } = await loadOpenAi('chatModel');
          return new ChatOpenAI({ apiKey, model, maxRetries: 0, configuration });
        }),
        callOptions: (question) => ({ options: { headers: relayHeaders(question) } }),
      };
    }
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
