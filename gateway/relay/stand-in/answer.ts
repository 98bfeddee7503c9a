/** What the stand-in says. The same prompt gives the same bytes on every machine. */
import { fittingSentences } from './fitting.ts';
import { readPrompt } from './prompt.ts';

/** Every reply starts with it, so that nobody takes the stand-in for a model. */
export const STAND_IN_MARKER = '[stand-in model]';

/** The reply to a prompt, in the pieces in which it is streamed. */
export function answerTo(prompt: string): string[] {
  const { blocks, question } = readPrompt(prompt);
  if (blocks.length === 0)
    return [
      `${STAND_IN_MARKER} No language model is configured, and there is no document text here to quote from. `,
      'Upload a PDF to this chat and ask about what it says.',
    ];
  const sentences = fittingSentences(blocks, question);
  if (sentences.length === 0)
    return [
      `${STAND_IN_MARKER} No language model is configured, and no sentence of the documents fits this question. `,
      'Ask with words that the documents use.',
    ];
  return [
    `${STAND_IN_MARKER} No language model is configured; these sentences of the documents fit the question best:`,
    ...sentences.map(({ text, source }, at) => `${at === 0 ? '\n\n' : '\n'}${text} [Source ${source}]`),
  ];
}
