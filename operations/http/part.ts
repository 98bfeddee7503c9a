/** The headers of one part, as Werkzeug's decoder reads them. */
import { parseOptionsHeader } from './options-header.ts';
import { strip } from './python-text.ts';

export interface Part {
  /** undefined where the part has none. */
  name: string | undefined;
  /** As sent; undefined for a part that is no file, empty for a file without a name. */
  filename: string | undefined;
}

/** The first line break joined with a blank behind it, whatever kind it is. */
const folded = /(?:\r\n|\n|\r)[ \t]/g;
const asciiBlanks = /^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g;

/**
 * @param head what stands before the blank line, one character a byte
 * @returns undefined where it is not UTF-8 or has no Content-Disposition
 */
export function parsePart(head: string): Part | undefined {
  let disposition: string | undefined;
  for (const line of head.replace(folded, ' ').split(/\r\n|\n|\r/)) {
    const text = decoded(line.replace(asciiBlanks, ''));
    if (text === undefined) return undefined;
    const colon = text.indexOf(':');
    if (colon === -1) {
      if (isDisposition(text)) disposition ??= '';
    } else if (isDisposition(text.slice(0, colon))) disposition ??= strip(text.slice(colon + 1));
  }
  if (disposition === undefined) return undefined;
  const { options } = parseOptionsHeader(disposition);
  return { name: options.get('name'), filename: options.get('filename') };
}

const isDisposition = (name: string) => strip(name).toLowerCase() === 'content-disposition';

function decoded(line: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(line, 'latin1'));
  } catch {
    return undefined;
  }
}
