/** What is not YAML at all, or not one document of YAML 1.2. */
import type { Document, YAMLError } from 'yaml';

/** The parser's words are for people who know YAML's grammar; these say what to look at. */
const plainWords: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'A tab stands where the indentation must be spaces.',
  BAD_INDENT: 'The indentation does not fit, or a bracket before this line is not closed.',
  BLOCK_AS_IMPLICIT_KEY:
    'Two entries are read as one here; look at the indentation of this line and the next.',
  MULTILINE_IMPLICIT_KEY: 'An entry must be on one line, `name: value`; a colon may be missing.',
  MULTIPLE_DOCS: 'A second document starts here; the flag file is a single one.',
};

/**
 * Reports every syntax fault.
 * @returns the offset of the first one, infinity where there is none.
 */
export function syntaxFaults(
  text: string,
  document: Document,
  fault: (offset: number, message: string) => void,
): number {
  let first = Number.POSITIVE_INFINITY;
  const report = (offset: number, message: string) => {
    first = Math.min(first, offset);
    fault(offset, message);
  };
  for (const error of [...document.errors, ...document.warnings])
    report(error.pos[0], plainWords[error.code] ?? sentence(error.message));
  const directive = /^%YAML[ \t]+(?!1\.2\b).*$/m.exec(text);
  if (directive && document.directives?.yaml.explicit)
    report(directive.index, 'The flag file is YAML 1.2; leave the directive out.');
  // The reader replaces bytes that are not UTF-8.
  for (const sign of ['\uFFFD', '\0'])
    if (text.includes(sign)) report(text.indexOf(sign), 'A character here is not valid UTF-8.');
  return first;
}

const sentence = (message: string) => (/[.!?]$/.test(message) ? message : `${message}.`);
