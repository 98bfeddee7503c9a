/**
 * What can answer a model call. Everything outside the providers' folders knows nothing of which one runs; what stores
 * results or compares prompts goes between the relay and a provider, as a provider around another one.
 */
import type { GenerateContentRequest } from './gemini-format/types.ts';

/** One call, as a backend made it. */
export interface ModelCall {
  /** `v1` or `v1beta`. */
  version: string;
  /** With its collection, as it stood in the path: `models/gemini-2.0-flash-exp`. */
  model: string;
  method: 'generateContent' | 'streamGenerateContent';
  /** Of a streamed call: server-sent events (`alt=sse`) instead of one JSON array. */
  sse: boolean;
  /** The query as sent, without the key. */
  query: URLSearchParams;
  /** Headers of the SDK that Gemini reads, lower case. */
  headers: Record<string, string>;
  /** The body's bytes as sent, and what they say. */
  body: Uint8Array;
  request: GenerateContentRequest;
  /** The operation that it is made for, where the backend names one. */
  operation?: string;
  /** The trace that the backend makes it in, where it names one. */
  traceparent?: string;
  /** Milliseconds the model may stay silent: until its answer starts, and between two parts of it. */
  deadline: number;
}

/** An answer in Gemini's wire format. A body that is whole is bytes; one that is still on its way is a stream. */
export interface ModelAnswer {
  status: number;
  /** Lower case names. */
  headers: Record<string, string>;
  body: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface ModelProvider {
  /** For logs and people: which kind of model answers. */
  readonly name: 'gemini' | 'openai' | 'stand-in';
  /**
   * Resolves once the answer has started. Aborting the signal cancels the work behind it, before and after that.
   * @throws BanyanError `model_…` where the model has no answer in Gemini's format.
   */
  call(call: ModelCall, signal: AbortSignal): Promise<ModelAnswer>;
  close(): Promise<void>;
}
