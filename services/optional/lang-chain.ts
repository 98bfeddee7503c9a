/** LangChain's classes for providers, as far as `services/rag/configuration.ts` uses them. */
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { loadOptional } from './load.ts';

interface OpenAiOptions {
  apiKey: string;
  model: string;
  configuration: { baseURL?: string };
}

interface OpenAi {
  OpenAIEmbeddings: new (
    options: OpenAiOptions & { dimensions: number; encodingFormat: 'float' },
  ) => EmbeddingsInterface;
  ChatOpenAI: new (options: OpenAiOptions & { maxRetries: number }) => BaseChatModel;
}

interface GoogleGenAi {
  ChatGoogleGenerativeAI: new (options: {
    baseUrl: string;
    apiKey: string;
    model: string;
    maxRetries: number;
  }) => BaseChatModel;
}

/** @param part of the configuration that asks for it. @throws OptionalMissingError */
export const loadOpenAi = (part: 'chatModel' | 'embeddings'): Promise<OpenAi> =>
  loadOptional('@langchain/openai', `The ${part} of kind openai`);

/** @throws OptionalMissingError */
export const loadGoogleGenAi = (): Promise<GoogleGenAi> =>
  loadOptional('@langchain/google-genai', 'The chatModel of kind google-genai');
