/** A chat completion as Gemini's response. */
import { BanyanError } from '../../errors.ts';
import {
  type Candidate,
  type FinishReason,
  type GenerateContentResponse,
  isObject,
  type UsageMetadata,
} from '../gemini-format/types.ts';

const finishReasons: Record<string, FinishReason> = {
  stop: 'STOP',
  eos: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};

/** @throws BanyanError `model_failed` where the answer is no completion. */
export function readCompletion(answer: unknown): GenerateContentResponse {
  if (!isObject(answer) || !Array.isArray(answer.choices))
    throw new BanyanError('model_failed', { reason: 'its answer is not a chat completion.' });
  return {
    candidates: answer.choices.filter(isObject).map(candidateOf),
    ...described(answer),
  };
}

function candidateOf(choice: Record<string, unknown>, at: number): Candidate {
  const message = isObject(choice.message) ? choice.message : {};
  const text = textOfMessage(message.content);
  const refused = text === undefined && typeof message.refusal === 'string';
  return {
    // Without text Gemini sends no parts; an empty text is a part like any other.
    content: { role: 'model', ...(text !== undefined && { parts: [{ text }] }) },
    finishReason: refused ? 'SAFETY' : finishReasonOf(choice.finish_reason),
    index: typeof choice.index === 'number' ? choice.index : at,
  };
}

/** A text, or a list of parts with texts as some endpoints send it. */
export function textOfMessage(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  return content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

/** A missing reason is a stop: some endpoints never give one. */
export function finishReasonOf(reason: unknown): FinishReason {
  return reason === null || reason === undefined ? 'STOP' : (finishReasons[String(reason)] ?? 'OTHER');
}

/** What a completion says of itself. */
export function described(answer: Record<string, unknown>): GenerateContentResponse {
  const usage = usageOf(answer.usage);
  return {
    ...(usage && { usageMetadata: usage }),
    ...(typeof answer.model === 'string' && { modelVersion: answer.model }),
    ...(typeof answer.id === 'string' && { responseId: answer.id }),
  };
}

function usageOf(usage: unknown): UsageMetadata | undefined {
  if (!isObject(usage)) return undefined;
  const count = (name: keyof UsageMetadata, value: unknown) =>
    typeof value === 'number' ? { [name]: value } : {};
  return {
    ...count('promptTokenCount', usage.prompt_tokens),
    ...count('candidatesTokenCount', usage.completion_tokens),
    ...count('totalTokenCount', usage.total_tokens),
  };
}
