/** How Gemini frames an answer: one object, a stream of events, or a list that grows. */
import type { ModelAnswer } from '../provider.ts';
import type { GenerateContentResponse } from './types.ts';

export const JSON_TYPE = 'application/json; charset=UTF-8';

/** The answer to `generateContent`. */
export function wholeAnswer(response: GenerateContentResponse): ModelAnswer {
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: jsonBytes(response) };
}

/**
 * The answer to `streamGenerateContent`. Waits for the first part, so that a model that fails at once is an error with
 * a status of its own.
 */
export async function streamedAnswer(
  parts: AsyncIterable<GenerateContentResponse> | GenerateContentResponse[],
  sse: boolean,
): Promise<ModelAnswer> {
  const iterator = each(parts);
  const first = await iterator.next();
  return {
    status: 200,
    headers: { 'content-type': sse ? 'text/event-stream' : JSON_TYPE },
    body: frame(first, iterator, sse),
  };
}

async function* each<Item>(items: AsyncIterable<Item> | Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function* frame(
  first: IteratorResult<GenerateContentResponse>,
  rest: AsyncGenerator<GenerateContentResponse>,
  sse: boolean,
): AsyncGenerator<Uint8Array> {
  const bytes = (text: string) => new TextEncoder().encode(text);
  let between = '[';
  try {
    for (let part = first; !part.done; part = await rest.next()) {
      const json = JSON.stringify(part.value);
      yield bytes(sse ? `data: ${json}\r\n\r\n` : `${between}${json}`);
      between = ',\r\n';
    }
    if (!sse) yield bytes(between === '[' ? '[]' : ']');
  } finally {
    await rest.return(undefined);
  }
}

/** Gemini indents its JSON. */
export const jsonBytes = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
