/** What the app asks the model, word for word. */

export const promptWithoutContext = (message: string): string =>
  `Please answer the following message: ${message}`;

/** `blocks`: the heading and the text of each source. */
export function promptWithContext(message: string, blocks: { heading: string; text: string }[]): string {
  const context = blocks.map(({ heading, text }) => `${heading}\n${text}`).join('\n\n');
  return `You are a helpful assistant. Answer the question using the context from the uploaded documents.

Context:
${context}

Question: ${message}

Rules:
- Answer only from the context above.
- Cite the sources you use, like [Source 1].
- If the answer is not in the context, say that you could not find it in the documents.
- Be clear and concise.`;
}
