/** The shapes in which endpoints say that they failed, and what a backend is told. */
import type { BanyanError } from '../../errors.ts';
import { type GenerateContentResponse, isObject } from '../gemini-format/types.ts';
import { faultOfStatus } from '../status.ts';

/** A filter that stopped the prompt is an error there and an answer without candidates at Gemini. */
export function blockedPrompt(answer: unknown): GenerateContentResponse | undefined {
  const error = isObject(answer) && isObject(answer.error) ? answer.error : {};
  return error.code === 'content_filter' ? { promptFeedback: { blockReason: 'SAFETY' } } : undefined;
}

/** The fault that an answer is; undefined where it is none. Some endpoints send errors with status 200. */
export function faultOfAnswer(
  status: number,
  answer: unknown,
  key: string | undefined,
): BanyanError | undefined {
  const error = isObject(answer) ? answer.error : undefined;
  if (status === 200 && !error) return undefined;
  const code = isObject(error) && typeof error.code === 'number' ? error.code : 500;
  const said = messageOf(answer) ?? `it answered ${status} without saying why.`;
  return faultOfStatus(status === 200 ? code : status, withoutKey(said, key).slice(0, 500));
}

/** `{"error": {"message"}}` (OpenAI), `{"error": text}` (Ollama), `{"message"}` (vLLM), `{"detail"}` (FastAPI). */
function messageOf(answer: unknown): string | undefined {
  if (!isObject(answer)) return undefined;
  const { error, message, detail } = answer;
  const texts = [isObject(error) ? error.message : error, message, detail];
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

/** What is told here becomes part of a chat. */
const withoutKey = (text: string, key: string | undefined) => (key ? text.replaceAll(key, '[key]') : text);
