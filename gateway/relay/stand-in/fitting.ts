/** Which sentences of the context fit a question: those that share its rarest words. */

import { sentencesOf } from './sentences.ts';
import type { ContextBlock } from './voice.ts';
import { wordsOf } from './words.ts';

export interface FittingSentence {
  text: string;
  source: number;
}

const AT_MOST = 3;
/** Of the question's weight, the share that a sentence must have to fit at all. */
const LEAST_SHARE = 0.2;
/** Of the best sentence's score, the share that another must have to be given beside it. */
const BESIDE_BEST = 0.6;

/** Up to three sentences, in the order of the context. */
export function fittingSentences(blocks: ContextBlock[], question: string): FittingSentence[] {
  const candidates = distinct(blocks).map((sentence) => ({
    ...sentence,
    words: new Set(wordsOf(sentence.text)),
  }));
  const weights = weigh(new Set(wordsOf(question)), candidates);
  const whole = sum(weights.values());
  const scored = candidates
    .map((candidate, place) => ({ ...candidate, place, score: score(candidate.words, weights) }))
    .filter((candidate) => candidate.score > 0 && candidate.score >= whole * LEAST_SHARE)
    .sort((a, b) => b.score - a.score || a.place - b.place);
  const best = scored[0]?.score ?? 0;
  return scored
    .filter((candidate) => candidate.score >= best * BESIDE_BEST)
    .slice(0, AT_MOST)
    .sort((a, b) => a.place - b.place)
    .map(({ text, source }) => ({ text, source }));
}

/** Every sentence once, from the block that has it first: chunks of a long page overlap. */
function distinct(blocks: ContextBlock[]): FittingSentence[] {
  const seen = new Set<string>();
  return blocks.flatMap(({ source, text }) =>
    sentencesOf(text).flatMap((sentence) => {
      if (seen.has(sentence)) return [];
      seen.add(sentence);
      return [{ text: sentence, source }];
    }),
  );
}

/**
 * A word weighs the more the fewer sentences have it. A root, not a logarithm: IEEE 754 fixes its last bit, and
 * ECMAScript leaves the logarithm's to the engine.
 */
function weigh(question: Set<string>, sentences: { words: Set<string> }[]): Map<string, number> {
  return new Map(
    [...question].map((word) => {
      const having = sentences.filter(({ words }) => words.has(word)).length;
      return [word, 1 / Math.sqrt(Math.max(having, 1))];
    }),
  );
}

function score(words: Set<string>, weights: Map<string, number>): number {
  return sum([...weights].map(([word, weight]) => (words.has(word) ? weight : 0)));
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
