/**
 * The wording of the prompts: what the legacy app asks its model, word for word.
 *
 * This is the only place that says it. The new backend's prompts are made from it (`services/rag/prompt.ts`), and so is the
 * template that ties a model call to the message that caused it (`contract/routes.ts`).
 */

/** Texts with placeholders in braces. Braces around any other word are part of the text. */
export interface PromptWording {
  /** The whole prompt where no chunk was found: `{message}`. */
  withoutContext: string;
  /** The whole prompt where chunks were found: `{context}`, and `{message}` after it. */
  withContext: string;
  /** One chunk of the context: `{number}`, which counts from 1, `{source}`, `{location}` and `{text}`. */
  chunk: string;
  /** What stands between two chunks; no placeholders. */
  betweenChunks: string;
}

export const promptWording: PromptWording = {
  withoutContext: 'Please answer the following message: {message}',
  withContext: `You are a helpful assistant. Answer the question using the context from the uploaded documents.

Context:
{context}

Question: {message}

Rules:
- Answer only from the context above.
- Cite the sources you use, like [Source 1].
- If the answer is not in the context, say that you could not find it in the documents.
- Be clear and concise.`,
  chunk: '[Source {number}: {source} - {location}]\n{text}',
  betweenChunks: '\n\n',
};

/** A chunk as a prompt shows it. */
export interface PromptChunk {
  number: number;
  /** The document's name. */
  source: string;
  location: string;
  text: string;
}

/** @param chunks empty: the message alone is asked */
export function promptOf(
  message: string,
  chunks: readonly PromptChunk[],
  wording: PromptWording = promptWording,
): string {
  if (chunks.length === 0) return filled(wording.withoutContext, { message });
  return filled(wording.withContext, { context: contextOf(chunks, wording), message });
}

/** The part of a prompt that quotes the chunks. */
export function contextOf(chunks: readonly PromptChunk[], wording: PromptWording = promptWording): string {
  return chunks
    .map(({ number, source, location, text }) =>
      filled(wording.chunk, { number: String(number), source, location, text }),
    )
    .join(wording.betweenChunks);
}

/**
 * What a prompt of this wording ends with, whatever was found: first where nothing was, then where chunks were. `{message}`
 * stands for the message.
 * @throws Error if a prompt does not say the message, or says it before the context only: its end would tell nothing
 */
export function promptEndings({ withoutContext, withContext }: PromptWording = promptWording): string[] {
  const context = '{context}';
  const at = withContext.lastIndexOf(context);
  if (at < 0)
    throw new Error('The prompt with context does not say {context}: the model would not see the chunks.');
  const endings = [withoutContext, withContext.slice(at + context.length)];
  if (!endings.every((ending) => ending.includes('{message}')))
    throw new Error(
      'Both prompts must say {message}, the one with context after {context}: the relay ties a model call to its request by the end of the prompt.',
    );
  return endings;
}

/** All placeholders in one pass: what a message or a chunk has in braces stays as it is. */
function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? all) : all,
  );
}
