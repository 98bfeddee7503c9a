/** What is not YAML at all, or not one document of YAML 1.2. */
import { type Document, isScalar, visit, type YAMLError } from 'yaml';
import type { ReportFault } from './check.ts';

/** The parser's words are for people who know YAML's grammar; these say what to look at. */
const plainWords: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'A tab stands where the indentation must be spaces.',
  BAD_INDENT: 'The indentation does not fit, or a bracket before this line is not closed.',
  BLOCK_AS_IMPLICIT_KEY:
    'Two entries are read as one here; look at the indentation of this line and the next.',
  MULTILINE_IMPLICIT_KEY:
    'An entry must be on one line, `name: value`; a colon, or the space behind it, may be missing.',
  MULTIPLE_DOCS: 'A second document starts here; the flag file is a single one.',
};

/**
 * Reports every syntax fault.
 * @returns the offset of the first one, infinity where there is none.
 */
export function syntaxFaults(text: string, document: Document, fault: ReportFault): number {
  let first = Number.POSITIVE_INFINITY;
  const report: ReportFault = (offset, message) => {
    first = Math.min(first, offset);
    fault(offset, message);
  };
  // Each quote that is not closed is looked for in all of the document: behind the first faults nobody reads of it.
  let looked = 0;
  for (const error of [...document.errors, ...document.warnings]) {
    looked += 1;
    const quote =
      error.code === 'MISSING_CHAR' && looked <= 20 ? openQuote(document, error.pos[0]) : undefined;
    if (quote === undefined) report(error.pos[0], plainWords[error.code] ?? sentence(error.message));
    else report(quote, 'The quote that opens here is not closed.');
  }
  const directive = /^%YAML[ \t]+(?!1\.2\b).*$/m.exec(text);
  if (directive && document.directives?.yaml.explicit)
    report(directive.index, 'The flag file is YAML 1.2; leave the directive out.');
  // The reader replaces bytes that are not UTF-8.
  for (const sign of ['\uFFFD', '\0'])
    if (text.includes(sign)) report(text.indexOf(sign), 'A character here is not valid UTF-8.');
  return first;
}

/** The parser notices a quote that is not closed at the end of the file; what helps is where it opens. */
function openQuote(document: Document, end: number): number | undefined {
  let from: number | undefined;
  visit(document, (_key, node) => {
    if (isScalar(node) && node.type?.startsWith('QUOTE_') && node.range?.[1] === end) from = node.range[0];
  });
  return from;
}

const sentence = (message: string) => (/[.!?]$/.test(message) ? message : `${message}.`);
