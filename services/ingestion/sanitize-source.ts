/** The name under which a document is cited. */
import { pythonSpace, pythonWord, strip } from './python-text.ts';

const replaced = new RegExp(`[^${pythonWord}${pythonSpace}\\-.,\\/]`, 'gv');

/** Legacy's `sanitize_source`: every code point that is not a word character, whitespace or `- . , /` becomes `_`; ends stripped. */
export function sanitizeSource(filename: string): string {
  return strip(filename.replace(replaced, '_'));
}
