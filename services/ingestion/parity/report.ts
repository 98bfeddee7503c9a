/** What a person sees of the measured parity. */
import type { Verdict } from './accepted.ts';
import { type Count, type DocumentParity, differs, type PageParity, pageDiffers } from './compare.ts';

/** A line for a document, and one for each of its pages that differ (with `every`: for each page). */
export function documentLines(result: DocumentParity, every: boolean): string[] {
  const { document, pages, sameChunks, chunks } = result;
  const texts = pages.filter(({ sameText }) => sameText).length;
  const tables = sum(pages, (page) => page.tables.legacy);
  const sameTables = sum(pages, (page) => page.tables.same);
  return [
    `  ${differs(result) ? '≠' : '='} ${document.padEnd(18)} pages ${share(texts, pages.length)}  tables ${share(sameTables, tables)}` +
      `  chunks ${count(chunks)}${sameChunks ? '' : '  stored chunks differ'}`,
    ...pages.filter((page) => every || pageDiffers(page)).map(pageLine),
  ];
}

function pageLine(page: PageParity): string {
  const text = page.sameText ? (page.sameRawText ? 'same text' : 'same text once cleaned') : 'OTHER TEXT';
  const tables =
    page.tables.legacy || page.tables.engine
      ? `  tables ${count(page.tables)}, ${page.tables.same} same`
      : '';
  return `      page ${String(page.page).padStart(4)}  ${text.padEnd(22)}  words ${count(page.words)}  chunks ${count(page.chunks)}${tables}`;
}

/** All documents of one engine. */
export function totals(results: readonly DocumentParity[]): string {
  const pages = results.flatMap((result) => result.pages);
  const legacyTables = sum(pages, (page) => page.tables.legacy);
  const ours = sum(pages, (page) => page.tables.engine);
  const documents = results.filter((result) => !differs(result)).length;
  return [
    `pages with the same text     ${share(pages.filter(({ sameText }) => sameText).length, pages.length)}`,
    `pages with as many words     ${share(pages.filter(({ words }) => words.legacy === words.engine).length, pages.length)}`,
    `pages with as many chunks    ${share(pages.filter(({ chunks }) => chunks.legacy === chunks.engine).length, pages.length)}`,
    `tables of legacy, same here  ${share(
      sum(pages, (page) => page.tables.same),
      legacyTables,
    )} (${ours} found here)`,
    `documents stored the same    ${share(documents, results.length)}`,
  ]
    .map((line) => `  ${line}\n`)
    .join('');
}

/** A line for each class of the documents that are made for `--classes`; a name begins with its class. */
export function classTotals(results: readonly DocumentParity[]): string {
  return [...Map.groupBy(results, ({ document }) => document.replace(/-\d+$/, ''))]
    .map(
      ([name, own]) =>
        `  ${name.padEnd(28)} ${share(own.filter((one) => !differs(one)).length, own.length)}\n`,
    )
    .join('');
}

export function verdictLines(
  { unexplained, unused, expired, explained }: Verdict,
  register: string,
): string[] {
  return [
    ...[...explained].map(([name, documents]) => `accepted: ${name} (${[...documents].join(', ')})`),
    ...unexplained.map((place) => `UNEXPLAINED: ${place}. Find out why; only then name it in ${register}.`),
    ...unused.map((name) => `UNUSED: "${name}" in ${register} explains nothing any more. Remove it.`),
    ...expired.map((name) => `EXPIRED: "${name}" in ${register}. Look at it again, then renew or remove it.`),
  ];
}

function share(part: number, whole: number): string {
  return `${part}/${whole}${whole ? ` (${((100 * part) / whole).toFixed(1)} %)` : ''}`;
}

function count({ legacy, engine }: Count): string {
  return legacy === engine ? String(legacy) : `${legacy} → ${engine}`;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
