/** What the model is asked, to the byte as legacy asks it. */
import type { Found } from './found.ts';
import { locationOf } from './sources.ts';

/** @param found empty: the message alone is asked */
export function buildPrompt(message: string, found: readonly Found[]): string {
  if (found.length === 0) return `Please answer the following message: ${message}`;
  const context = found.map(
    ({ text, metadata }, index) =>
      `[Source ${index + 1}: ${metadata.source} - ${locationOf(metadata)}]\n${text}`,
  );
  return `You are a helpful assistant. Answer the question using the context from the uploaded documents.

Context:
${context.join('\n\n')}

Question: ${message}

Rules:
- Answer only from the context above.
- Cite the sources you use, like [Source 1].
- If the answer is not in the context, say that you could not find it in the documents.
- Be clear and concise.`;
}
