/** The provider that costs nothing: it answers with sentences of the prompt's own context, and says that it is a stand-in. */

import { streamedAnswer, wholeAnswer } from '../gemini-format/answer.ts';
import { type GenerateContentResponse, textOf } from '../gemini-format/types.ts';
import type { ModelProvider } from '../provider.ts';
import { answerTo } from './answer.ts';
import { plainVoice, type StandInVoice } from './voice.ts';

/** A stand-in needs no time, no key and no network. @param voice what the application says of its prompts */
export function standInProvider(voice: StandInVoice = plainVoice): ModelProvider {
  return {
    name: 'stand-in',
    async call(call) {
      const lastUserTurn = call.request.contents.findLast((content) => content.role !== 'model');
      const lines = answerTo(lastUserTurn ? (textOf(lastUserTurn) ?? '') : '', voice);
      if (call.method === 'streamGenerateContent')
        return streamedAnswer(
          lines.map((line, at) => responseOf(line, at === lines.length - 1)),
          call.sse,
        );
      return wholeAnswer(responseOf(lines.join(''), true));
    },
    close: async () => {},
  };
}

function responseOf(text: string, last: boolean): GenerateContentResponse {
  return {
    candidates: [
      {
        content: { role: 'model', parts: [{ text }] },
        ...(last && { finishReason: 'STOP' as const }),
        index: 0,
      },
    ],
    modelVersion: 'banyan-stand-in',
  };
}
