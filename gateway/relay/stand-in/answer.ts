/** What the stand-in says. The same prompt gives the same bytes on every machine. */
import { fittingSentences } from './fitting.ts';
import type { StandInVoice } from './voice.ts';

/** Every reply starts with it, so that nobody takes the stand-in for a model. */
export const STAND_IN_MARKER = '[stand-in model]';

/** The reply to a prompt, in the pieces in which it is streamed. */
export function answerTo(prompt: string, voice: StandInVoice): string[] {
  const { blocks, question } = voice.read(prompt);
  if (blocks.length === 0) return marked(voice.withoutContext);
  const sentences = fittingSentences(blocks, question);
  if (sentences.length === 0) return marked(voice.withoutFit);
  const quotes = sentences.map(({ text, source }) => voice.quote(text, source));
  return marked([voice.fitting, ...quotes.map((quote, at) => `${at === 0 ? '\n\n' : '\n'}${quote}`)]);
}

const marked = ([first = '', ...rest]: readonly string[]): string[] => [
  `${STAND_IN_MARKER} ${first}`,
  ...rest,
];
