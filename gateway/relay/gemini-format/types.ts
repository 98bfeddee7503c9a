/** Gemini's requests and responses, as far as the relay reads them: https://ai.google.dev/api/generate-content */

export interface Part {
  text?: string;
  /** A model's thinking, which is no part of its answer. */
  thought?: boolean;
}

export interface Content {
  role?: string;
  parts?: Part[];
}

/** Members that nothing here reads are kept: what goes to Gemini are the bytes as sent. */
export interface GenerateContentRequest {
  contents: Content[];
  systemInstruction?: Content;
  generationConfig?: Record<string, unknown>;
  [member: string]: unknown;
}

export type FinishReason = 'STOP' | 'MAX_TOKENS' | 'SAFETY' | 'OTHER';

export interface Candidate {
  content: { role: 'model'; parts?: Part[] };
  finishReason?: FinishReason;
  index: number;
}

export interface UsageMetadata {
  promptTokenCount?: number;
  candidatesTokenCount?: number;
  totalTokenCount?: number;
}

/** A whole answer, or one part of a streamed one. */
export interface GenerateContentResponse {
  candidates?: Candidate[];
  promptFeedback?: { blockReason: 'SAFETY' };
  usageMetadata?: UsageMetadata;
  modelVersion?: string;
  responseId?: string;
}

/** The text of all parts, thinking left out; undefined where a part is something else, such as an image. */
export function textOf(content: Content): string | undefined {
  let text = '';
  for (const part of content.parts ?? []) {
    if (part.thought) continue;
    if (part.text === undefined) return undefined;
    text += part.text;
  }
  return text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
