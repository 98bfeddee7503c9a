/** Measures every engine against legacy's own functions on the corpus, and prints what it finds. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type EngineName, loadEngine } from '../engines/index.ts';
import { tesseractReader } from '../ocr/tesseract.ts';
import { legacyFunctions } from '../testing/legacy.ts';
import { judge, readAccepted } from './accepted.ts';
import { compareReadings, type DocumentParity } from './compare.ts';
import { makeClasses, makeGenerated } from './corpus.ts';
import { readDocument } from './read.ts';
import { classTotals, documentLines, totals, verdictLines } from './report.ts';

export interface ParityOptions {
  /** Where the legacy app's Python is. */
  setupFolder: string;
  engines: readonly EngineName[];
  /** Files to measure; undefined: the committed corpus and what is generated. */
  files?: readonly string[];
  /** So many generated documents of each class in which readers differ, instead of the corpus. */
  classes?: number;
  /** The Tesseract program, as legacy finds it; undefined: no OCR on either side. */
  tesseract: string | undefined;
  /** A line for every page, not only for those that differ. */
  everyPage: boolean;
  /** As `2026-01-31`. */
  today: string;
  print: (line: string) => void;
}

const folder = join(import.meta.dirname, '..');
const register = join(folder, 'accepted.yaml');
export const committedCorpus = join(folder, 'corpus/documents');

/** @returns whether every difference is explained, and every explanation is used */
export async function measureParity(options: ParityOptions): Promise<boolean> {
  const temporary = await mkdtemp(join(tmpdir(), 'parity-'));
  const legacy = legacyFunctions(options.setupFolder);
  try {
    await legacy.call('ocr', options.tesseract !== undefined);
    const files = await filesOf(options, join(temporary, 'documents'));
    const ocr = options.tesseract ? tesseractReader(options.tesseract, temporary) : undefined;
    const results: DocumentParity[] = [];
    for (const name of options.engines) {
      const engine = await loadEngine(name);
      options.print(`\n${name} against legacy: "=" what is stored is the same to the byte`);
      const own: DocumentParity[] = [];
      for (const file of files) {
        const theirs = await legacy.call('document', { file });
        const result = compareReadings(
          basename(file, '.pdf'),
          name,
          theirs,
          await readDocument(file, engine, ocr),
        );
        for (const line of documentLines(result, options.everyPage)) options.print(line);
        own.push(result);
      }
      options.print(`\n${name}\n${totals(own)}`);
      if (options.classes) options.print(classTotals(own));
      results.push(...own);
    }
    if (!options.tesseract)
      options.print('Tesseract is not installed: scanned pages were not read on either side.');
    // A person's own files are measured, not judged.
    if (options.files) return true;
    const corpus = options.classes ? 'classes' : undefined;
    const measured = new Set(results.map(({ document }) => document));
    const rules = (await readAccepted(register))
      .filter(({ needs }) => !needs || options.tesseract)
      .filter((rule) => rule.corpus === corpus)
      // Fewer documents of each class may be asked for than a rule names.
      .filter(({ documents }) => !corpus || documents.some((document) => measured.has(document)));
    const verdict = judge(results, rules, options.today);
    for (const line of verdictLines(verdict, 'services/ingestion/accepted.yaml')) options.print(line);
    return !verdict.unexplained.length && !verdict.unused.length && !verdict.expired.length;
  } finally {
    legacy.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

async function filesOf(
  { files, classes, setupFolder }: ParityOptions,
  folder: string,
): Promise<readonly string[]> {
  if (files) return files;
  await mkdir(folder);
  if (classes) return makeClasses(setupFolder, folder, classes);
  return [...(await committedFiles()), ...(await makeGenerated(setupFolder, folder))];
}

export async function committedFiles(): Promise<string[]> {
  const names = await readdir(committedCorpus);
  return names
    .filter((name) => name.endsWith('.pdf'))
    .map((name) => join(committedCorpus, name))
    .sort();
}
