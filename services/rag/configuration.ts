/**
 * The one place that says what retrieval is made of. Another chat model, another embedding model, another store: a case
 * here, and nothing else changes. (Another splitter: `splitter` of `services/ingestion/chunks.ts`, any of LangChain's.)
 */
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { traceparent } from '../../tracing/spans.ts';
import type { EmbeddingModelId } from '../db/errors.ts';
import type { Db } from '../db/transaction.ts';
import type { Question } from './answerer.ts';
import { type MiniLmOptions, miniLmModel, startEmbeddings } from './embeddings/mini-lm.ts';
import { GeminiChat, geminiModel } from './gemini/gemini-chat.ts';
import type { ChatStore } from './store/chat-store.ts';
import { PostgresStore } from './store/postgres-store.ts';

export type ChatModelSettings =
  /** Legacy's model, its errors and edges to the byte. */
  | { kind: 'gemini'; baseUrl: string; apiKey: string; model?: string }
  /** The same model by LangChain's own class, whose errors have other words. */
  | { kind: 'google-genai'; baseUrl: string; apiKey: string; model?: string }
  | { kind: 'openai'; baseUrl?: string; apiKey: string; model: string };

/** A model that other vectors than MiniLM's come from needs an id and dimension of its own; see `openDatabase`. */
export type EmbeddingSettings = { kind: 'minilm' } & MiniLmOptions;

export interface RagSettings {
  chatModel: ChatModelSettings;
  db: Db;
  embeddings: EmbeddingsInterface;
}

export interface RagParts {
  /** The libraries' own classes take a second to load: only the one that is asked is. */
  chatModel: () => Promise<BaseChatModel>;
  /** What a call of the model is given besides its messages. */
  callOptions?: (question: Question) => object;
  store: ChatStore;
}

/** What the database is opened with, so that vectors of two models never meet. */
export const embeddingModel: EmbeddingModelId = miniLmModel;

export function createEmbeddings({ kind, ...options }: EmbeddingSettings) {
  switch (kind) {
    case 'minilm':
      return startEmbeddings(options);
  }
}

export function createRagParts({ chatModel, db, embeddings }: RagSettings): RagParts {
  return { ...createChatModel(chatModel), store: new PostgresStore(embeddings, { db }) };
}

/** Names the operation to the relay, so that asking again costs nothing, and the trace that it belongs to. */
function relayHeaders({ operationId }: Question): Record<string, string> {
  const trace = traceparent();
  return {
    ...(operationId !== undefined && { 'x-banyan-operation': operationId }),
    ...(trace !== undefined && { traceparent: trace }),
  };
}

/** None of them asks again by itself: the SDK of legacy does not, and each call costs money. */
function createChatModel(settings: ChatModelSettings): Pick<RagParts, 'chatModel' | 'callOptions'> {
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
          const { ChatGoogleGenerativeAI } = await import('@langchain/google-genai');
          return new ChatGoogleGenerativeAI({ baseUrl, apiKey, model, maxRetries: 0 });
        }),
      };
    }
    case 'openai': {
      const { baseUrl, apiKey, model } = settings;
      const configuration = { ...(baseUrl !== undefined && { baseURL: baseUrl }) };
      return {
        chatModel: once(async () => {
          const { ChatOpenAI } = await import('@langchain/openai');
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
