/** A streamed chat completion as Gemini's stream. */
import { BanyanError } from '../../errors.ts';
import {
  type Candidate,
  type FinishReason,
  type GenerateContentResponse,
  isObject,
} from '../gemini-format/types.ts';
import { parsedJson } from '../upstream.ts';
import { faultOfAnswer } from './faults.ts';
import { described, finishReasonOf, textOfMessage } from './response.ts';
import { eventData } from './sse.ts';

/**
 * Texts are handed on as they come. Why it finished and what it cost come last, in one part, as Gemini sends them: there
 * they are known at different moments.
 * @throws BanyanError `model_…` where the stream carries an error or breaks off.
 */
export async function* readStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<GenerateContentResponse> {
  const finished = new Map<number, FinishReason>();
  let about: GenerateContentResponse = {};
  let done = false;
  for await (const data of eventData(body)) {
    if (data === '[DONE]') {
      done = true;
      break;
    }
    const chunk = parsedJson(new TextEncoder().encode(data));
    const fault = faultOfAnswer(200, chunk, undefined);
    if (fault) throw fault;
    if (!isObject(chunk))
      throw new BanyanError('model_failed', { reason: 'a part of its answer is not JSON.' });
    about = { ...about, ...described(chunk) };
    const choices = Array.isArray(chunk.choices) ? chunk.choices.filter(isObject) : [];
    const candidates: Candidate[] = [];
    for (const choice of choices) {
      const index = typeof choice.index === 'number' ? choice.index : 0;
      const text = textOfMessage(isObject(choice.delta) ? choice.delta.content : undefined);
      if (text) candidates.push({ content: { role: 'model', parts: [{ text }] }, index });
      if (choice.finish_reason) finished.set(index, finishReasonOf(choice.finish_reason));
    }
    if (candidates.length > 0) yield { candidates, ...described({ ...chunk, usage: undefined }) };
  }
  if (!done && finished.size === 0)
    throw new BanyanError('model_unavailable', { reason: 'it broke off before its answer was complete.' });
  if (finished.size === 0) finished.set(0, 'STOP');
  const last = [...finished].map(([index, finishReason]) => ({
    content: { role: 'model' as const, parts: [{ text: '' }] },
    finishReason,
    index,
  }));
  yield { candidates: last, ...about };
}
