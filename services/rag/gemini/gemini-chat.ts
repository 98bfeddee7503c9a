/**
 * Gemini as a LangChain chat model. The library's own class loses the bytes of errors, tells a null text from an empty one
 * no more than from no answer, and asks again by itself; what people see has to be what legacy's SDK makes of it.
 */
import { BaseChatModel, type BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';
import { post } from './http.ts';
import { apiError } from './python-error.ts';
import { readAnswer } from './read-answer.ts';

export interface GeminiOptions {
  /** The endpoint, `GOOGLE_GEMINI_BASE_URL`: the relay, or Google's. */
  baseUrl: string;
  apiKey: string;
  /** `gemini-2.0-flash-exp` unless told. */
  model?: string;
}

export interface GeminiCallOptions extends BaseChatModelCallOptions {
  /** Headers of this one call. */
  headers?: Record<string, string>;
}

/** Legacy's. */
export const geminiModel = 'gemini-2.0-flash-exp';

/** Asks once; its errors are TransportError and ModelAnswerError, with the texts of Google's Python SDK. */
export class GeminiChat extends BaseChatModel<GeminiCallOptions> {
  readonly #url: URL;
  readonly #apiKey: string;

  constructor({ baseUrl, apiKey, model = geminiModel }: GeminiOptions) {
    super({});
    this.#url = new URL(`${baseUrl.replace(/\/+$/, '')}/v1beta/models/${model}:generateContent`);
    this.#apiKey = apiKey;
  }

  override _llmType(): string {
    return 'gemini';
  }

  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const answer = await post(
      this.#url,
      { 'content-type': 'application/json', 'x-goog-api-key': this.#apiKey, ...options.headers },
      JSON.stringify({ contents: messages.map(toContent) }),
      options.signal,
    );
    if (answer.status !== 200) throw apiError(answer);
    const message = new AIMessage({ content: readAnswer(answer.body, answer.contentType) });
    return { generations: [{ text: message.text, message }] };
  }
}

/** A message without content is a part without text, as the SDK sends a null one. */
function toContent(message: BaseMessage): { parts: { text?: string }[]; role: string } {
  const { content } = message;
  const parts =
    typeof content === 'string' ? [{ text: content }] : content.length ? [{ text: message.text }] : [{}];
  return { parts, role: message.type === 'ai' ? 'model' : 'user' };
}
