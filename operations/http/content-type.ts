/** A request's content type as Werkzeug reads it. */
import { parseOptionsHeader } from './options-header.ts';

export interface ContentType {
  /** In lower case, empty where there is none. */
  mimetype: string;
  /** Parameters, names in lower case. */
  options: Map<string, string>;
}

/** Of several headers the last counts: in a WSGI environment it overwrites the ones before. */
export function contentTypeOf(rawHeaders: readonly string[]): ContentType {
  let header = '';
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === 'content-type') header = rawHeaders[i + 1] ?? '';
  const { value, options } = parseOptionsHeader(header);
  return { mimetype: value.toLowerCase(), options };
}

export function isJson({ mimetype }: ContentType): boolean {
  return (
    mimetype === 'application/json' || (mimetype.startsWith('application/') && mimetype.endsWith('+json'))
  );
}
