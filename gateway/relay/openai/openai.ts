/** The provider for any endpoint that speaks OpenAI's chat completions. */

import { streamedAnswer, wholeAnswer } from '../gemini-format/answer.ts';
import type { ModelProvider } from '../provider.ts';
import { parsedJson, Upstream, wholeBody } from '../upstream.ts';
import { blockedPrompt, faultOfAnswer } from './faults.ts';
import { chatRequest } from './request.ts';
import { readCompletion } from './response.ts';
import { readStream } from './stream.ts';

export interface OpenAiSettings {
  /** Up to and without `/chat/completions`, e.g. `https://api.openai.com/v1`. */
  baseUrl: string;
  /** Undefined: none is sent, as local servers want none. */
  key: string | undefined;
  /** The model that is asked, whatever Gemini model the backend names. */
  model: string;
}

export function openAiProvider(settings: OpenAiSettings): ModelProvider {
  const upstream = new Upstream();
  const headers: Record<string, string> = settings.key ? { authorization: `Bearer ${settings.key}` } : {};
  return {
    name: 'openai',
    async call(call, signal) {
      const streamed = call.method === 'streamGenerateContent';
      const response = await upstream.post(
        {
          url: `${settings.baseUrl}/chat/completions`,
          headers,
          body: JSON.stringify(chatRequest(call.request, settings.model, streamed)),
          deadline: call.deadline,
        },
        signal,
      );
      if (streamed && response.headers['content-type']?.includes('event-stream') && response.status === 200)
        return streamedAnswer(readStream(response.body), call.sse);
      const answer = parsedJson(await wholeBody(response.body));
      const blocked = blockedPrompt(answer);
      const fault = blocked ? undefined : faultOfAnswer(response.status, answer, settings.key);
      if (fault) throw fault;
      const whole = blocked ?? readCompletion(answer);
      return streamed ? streamedAnswer([whole], call.sse) : wholeAnswer(whole);
    },
    close: () => upstream.close(),
  };
}
