/** How the legacy app cleans text before it is cut, stored and embedded. */
import { pythonSpace, pythonWord, strip } from './python-text.ts';

const whitespace = new RegExp(`[${pythonSpace}]+`, 'gv');
const unwanted = new RegExp(`[^${pythonWord}${pythonSpace}.,;:!?\\-\\(\\)\\[\\]"'\\/@#$%\\&*+=]`, 'gv');

/**
 * Legacy's `clean_text`, in its order: runs of whitespace become one blank, then each unwanted code point becomes a
 * blank, so doubled blanks survive; ends stripped.
 */
export function cleanText(text: string): string {
  return strip(text.replace(whitespace, ' ').replace(unwanted, ' '));
}
