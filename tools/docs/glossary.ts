/** Reads docs/glossary.md, and takes what people read out of pages and source files. */

export interface Entry {
  word: string;
  avoid: string[];
  /** Fixed names in code type: JSON fields, metrics, commands, options. */
  names: string[];
}

/** Rows whose first cell is a word in bold type. */
export function entriesOf(page: string): Entry[] {
  return [...page.matchAll(/^\| \*\*(.+?)\*\* \|(.*)\|$/gm)].map(([, word = '', rest = '']) => {
    const [, avoid = '', names = ''] = rest.split('|');
    return {
      word,
      avoid: avoid.split(',').flatMap((text) => text.trim() || []),
      names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    };
  });
}

/** Which entry a term belongs to: by its word, in the singular or plural, or by a fixed name. */
export const entryFor = (term: string, entries: readonly Entry[]): Entry | undefined =>
  entries.find(({ word }) => word === term || `${word}s` === term || word.replace(/y$/, 'ies') === term) ??
  entries.find(({ names }) => names.includes(term));

/** A page without its code, whose names are fixed, and without the addresses of links. */
export const proseOf = (page: string): string =>
  page
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '`…`')
    .replace(/\]\([^)]*\)/g, ']');

/** Statements for the database are no texts for people: their columns have names of their own. */
const isStatement = /\b(?:select|update|insert into|create (?:or|table|index))\b/;

/** The texts in a TypeScript or JavaScript file: literals that begin like a sentence or have a space. */
export function textsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*(?:\/\/|import\b).*$/gm, '');
  const literals = code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g);
  return [...literals]
    .map(([, single, double, template]) =>
      (single ?? double ?? template ?? '')
        .replace(/\$\{[^}]*\}/g, '…')
        .replaceAll('\\`', '`')
        .replace(/`[^`]*`/g, '`…`')
        .replace(/--[a-z][\w-]*/g, '--…'),
    )
    .filter((text) => /^[A-Z]|\S \S/.test(text) && !isStatement.test(text));
}

/** What a page of the console shows. */
export const textOfHtml = (page: string): string =>
  page.replace(/<(?:code|script)[\s\S]*?<\/(?:code|script)>/g, '…').replace(/<[^>]*>/g, '\n');

/** "new" as a noun: the new backend has to be called that. */
const nounNew =
  /\bnew(?:'s\b|(?=[.;)]|\s(?:serves?|is|has|was|had|takes?|took|runs?|answers?|must|can|does|alone|and|or|asked|beside|stopped)\b))|\b(?:on|to|by|of|from|than|given|asked|towards) new(?=\s*(?:$|[.,;:)']|\s(?:and|or|for|alone|beside|with|where|in|at|by|itself)))/i;

/** Each word to avoid that a text has, with the word to use. */
export function faultsIn(text: string, entries: readonly Entry[]): string[] {
  const faults = entries.flatMap(({ word, avoid }) =>
    avoid.flatMap((wrong) =>
      [...text.matchAll(new RegExp(`.*\\b${wrong}(?:e?s)?\\b.*`, 'gi'))].map(
        ([line]) => `"${wrong}" is "${word}": ${line.trim()}`,
      ),
    ),
  );
  const nouns = text.split('\n').filter((line) => nounNew.test(line));
  return [...faults, ...nouns.map((line) => `"new" is "the new backend": ${line.trim()}`)];
}
