/** Reads an answer to its end, if it is not too large to be compared. */
import type { BackendResponse } from '../../backends/backend.ts';
import type { StoredAnswer } from '../protocol/entry.ts';

/** The whole answer; undefined where it is larger. @throws where it breaks off or comes too late */
export async function wholeUpTo(
  { status, reason, rawHeaders, body }: BackendResponse,
  largest: number,
  signal: AbortSignal,
): Promise<StoredAnswer | undefined> {
  if (body instanceof Uint8Array)
    return body.byteLength > largest ? undefined : { status, reason, rawHeaders, body };
  const stop = () => body.destroy(new Error('It took too long'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      // Leaving the loop destroys the stream.
      if (length > largest) return undefined;
      chunks.push(chunk);
    }
    return { status, reason, rawHeaders, body: Buffer.concat(chunks) };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
