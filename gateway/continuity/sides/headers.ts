import { headerOf } from '../../../services/wire/headers.ts';

/** A header list with another length of the body; where none was said, none is said. */
export function withLength(rawHeaders: readonly string[], length: number): string[] {
  return rawHeaders.map((text, i) =>
    i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'content-length' ? String(length) : text,
  );
}

/** Whether a body is said to be JSON. */
export function isJson(rawHeaders: readonly string[]): boolean {
  return rawHeaders.some(
    (text, i) =>
      i % 2 === 1 &&
      rawHeaders[i - 1]?.toLowerCase() === 'content-type' &&
      /^application\/json(?![^\s;])/i.test(text),
  );
}

/** `text/html`, in lower case and without parameters; undefined where the answer does not say. */
export function mediaTypeOf(rawHeaders: readonly string[]): string | undefined {
  const type = headerOf(rawHeaders, 'content-type')?.split(/[;,]/, 1)[0]?.trim().toLowerCase();
  return type === '' ? undefined : type;
}
