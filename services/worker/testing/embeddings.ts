/** Vectors that the same text always gets, without a model. */
import { createHash } from 'node:crypto';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';

export interface FakeEmbeddings extends EmbeddingsInterface {
  /** Every text so far. */
  texts: string[];
}

/** @param before called before each batch; it may wait, or throw */
export function fakeEmbeddings(before: (texts: string[]) => unknown = () => {}): FakeEmbeddings {
  const texts: string[] = [];
  return {
    texts,
    async embedDocuments(batch) {
      await before(batch);
      texts.push(...batch);
      return batch.map(vectorOf);
    },
    embedQuery: async (text) => vectorOf(text),
  };
}

function vectorOf(text: string): number[] {
  const digest = createHash('sha512').update(text).digest();
  const numbers = Array.from({ length: 384 }, (_, index) => (digest[index % 64] ?? 0) / 255 + 0.01);
  const length = Math.hypot(...numbers);
  return numbers.map((number) => number / length);
}
