/** The parts of a form, whatever its size: of which fields they are, and how many. */
import type { Readable } from 'node:stream';
import { contentTypeOf } from '@banyan/operations/http/content-type.ts';
import { parsePart } from '@banyan/operations/http/part.ts';

/** As much of a part as its head may be in, in characters. */
const longestHead = 16 * 1024;

/**
 * @param body is read to its end
 * @returns the field of each part, in order; empty for a part that names none. Undefined where the body is no form
 */
export async function partNames(
  rawHeaders: readonly string[],
  body: Readable,
): Promise<string[] | undefined> {
  const { mimetype, options } = contentTypeOf(rawHeaders);
  const boundary = options.get('boundary');
  if (mimetype !== 'multipart/form-data' || !boundary) {
    body.destroy();
    return undefined;
  }
  const delimiter = `--${boundary}`;
  /** The beginning of each piece between two delimiters. */
  const pieces: string[] = [''];
  const add = (text: string) => {
    const last = pieces.length - 1;
    const piece = pieces[last] ?? '';
    if (piece.length < longestHead) pieces[last] = piece + text.slice(0, longestHead - piece.length);
  };
  let rest = '';
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const found = (rest + chunk.toString('latin1')).split(delimiter);
    // A delimiter may be cut in two.
    const end = found.pop() ?? '';
    for (const text of found) {
      add(text);
      pieces.push('');
    }
    const kept = Math.min(end.length, delimiter.length - 1);
    add(end.slice(0, end.length - kept));
    rest = end.slice(end.length - kept);
  }
  add(rest);
  // Before the first delimiter is the preamble, after the last one the end.
  const parts = pieces.slice(1).filter((piece) => !piece.startsWith('--'));
  return parts.map((piece) => parsePart(piece.split(/\r\n\r\n|\n\n|\r\r/)[0] ?? '')?.name ?? '');
}
