import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadEngine } from '../engines/index.ts';
import { findTesseract } from '../ocr/find-tesseract.ts';
import { tesseractReader } from '../ocr/tesseract.ts';
import { type LegacyFunctions, legacyFunctions } from '../testing/legacy.ts';
import { setupFolder } from '../testing/setup.ts';
import { judge, readAccepted } from './accepted.ts';
import { compareReadings, type DocumentParity } from './compare.ts';
import { makeClasses, runScript } from './corpus.ts';
import { readDocument } from './read.ts';
import { committedCorpus, committedFiles } from './run.ts';

const register = join(import.meta.dirname, '../accepted.yaml');
const tesseract = findTesseract();
const today = '2026-01-31';

let folder: string;
let legacy: LegacyFunctions;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parity-test-'));
  legacy = legacyFunctions(setupFolder);
});
afterAll(async () => {
  legacy.close();
  await rm(folder, { recursive: true });
});

async function measure(file: string): Promise<DocumentParity> {
  const ocr = tesseract ? tesseractReader(tesseract, folder) : undefined;
  const ours = await readDocument(file, await loadEngine('mupdf'), ocr);
  return compareReadings(basename(file, '.pdf'), 'mupdf', await legacy.call('document', { file }), ours);
}

const names = (await committedFiles()).map((file) => basename(file, '.pdf'));
const rules = (await readAccepted(register)).filter(
  ({ engine, corpus }) => engine === 'mupdf' && corpus === undefined,
);
const accepted = new Set(rules.flatMap(({ documents }) => documents));

describe('what is stored is what legacy stores, to the byte', () => {
  test.each(names)('%s', async (name) => {
    const result = await measure(join(committedCorpus, `${name}.pdf`));
    const own = rules.filter(({ documents }) => documents.includes(name));
    expect(judge([result], own, today)).toMatchObject({ unexplained: [], unused: [] });
    expect(result.sameChunks).toBe(!accepted.has(name));
    // Nothing is stored of text before cleaning, but there the engine is the same too.
    if (!accepted.has(name)) expect(result.pages.every(({ sameRawText }) => sameRawText)).toBe(true);
  });

  // Each has a page that once was read otherwise than by legacy.
  test.each([11, 13, 111])('pages of random strokes and words, seed %i', async (seed) => {
    const file = join(folder, `random-${seed}.pdf`);
    await runScript(setupFolder, 'generate.py', file, String(seed), '40');
    const result = await measure(file);
    expect(judge([result], [], today).unexplained).toEqual([]);
    expect(result.pages.reduce((sum, { tables }) => sum + tables.legacy, 0)).toBeGreaterThan(20);
  });
});

describe('what is stored of documents in which readers differ is what legacy stores', () => {
  let documents: string;
  beforeAll(async () => {
    documents = join(folder, 'classes');
    await mkdir(documents);
    await makeClasses(setupFolder, documents, 60);
  });

  // Each was once read otherwise than by legacy.
  test.each([
    ['annotations-015', 'a note without an appearance on a page that is turned'],
    ['fields-013', 'fields of one letter each, which are read as a word'],
    ['fields-008', 'a signature field on a page that is turned'],
    ['filters-005', 'a filter that pdfminer does not know'],
    ['filters-028', 'Brotli'],
    ['tables-017', 'two signs before a number'],
    ['tables-023', 'a rotation that is a real number'],
    ['tables-050', 'a faulty box on a later page'],
    ['tables-032', 'null bytes behind operators'],
    ['tables-048', 'a form with a faulty matrix'],
  ])('%s: %s', async (name) => {
    const result = await measure(join(documents, `${name}.pdf`));
    expect(judge([result], [], today).unexplained).toEqual([]);
    expect(result.pages.length).toBeGreaterThan(0);
  });

  test.each(['annotations', 'fields', 'masks', 'filters', 'tables'])(
    '%s of every other kind',
    async (name) => {
      const numbers = Array.from({ length: 6 }, (_, index) => String(index + 1).padStart(3, '0'));
      const results: DocumentParity[] = [];
      for (const number of numbers) results.push(await measure(join(documents, `${name}-${number}.pdf`)));
      expect(judge(results, [], today).unexplained).toEqual([]);
    },
  );
});

test('the corpus is what its script makes, to the byte, and small', async () => {
  await runScript(setupFolder, 'make.py', join(folder, 'corpus'));
  const digests = async (path: string) => {
    const names = (await readdir(path)).filter((name) => name.endsWith('.pdf')).sort();
    const files = await Promise.all(names.map((name) => readFile(join(path, name))));
    return names.map((name, i) => [
      name,
      createHash('sha256')
        .update(files[i] ?? '')
        .digest('hex'),
      files[i]?.length,
    ]);
  };
  const committed = await digests(committedCorpus);
  expect(await digests(join(folder, 'corpus'))).toEqual(committed);
  expect(committed.reduce((sum, [, , size]) => sum + Number(size), 0)).toBeLessThan(1_000_000);
});

describe('the register', () => {
  const page = { page: 3, sameText: false, sameRawText: false, words: { legacy: 1, engine: 2 } };
  const counts = { chunks: { legacy: 1, engine: 1 }, tables: { legacy: 0, engine: 0, same: 0 } };
  const differing: DocumentParity = {
    document: 'odd',
    engine: 'mupdf',
    pages: [{ ...page, ...counts }],
    sameChunks: false,
    chunks: { legacy: 1, engine: 1 },
  };
  const rule = {
    name: 'known',
    reason: 'it is known',
    owner: 'us',
    expires: '2026-12-31',
    engine: 'mupdf' as const,
    documents: ['odd'],
    pages: [3],
  };

  test('explains a page that it names', () => {
    expect(judge([differing], [rule], today)).toMatchObject({ unexplained: [], unused: [], expired: [] });
  });

  test('does not explain another page, another document or another engine', () => {
    for (const other of [{ pages: [4] }, { documents: ['even'] }, { engine: 'pdf-parse' as const }])
      expect(judge([differing], [{ ...rule, ...other }], today).unexplained).toEqual(['mupdf: odd, page 3']);
  });

  test('names a rule that explains nothing, and one past its last day', () => {
    expect(judge([{ ...differing, pages: [], sameChunks: true }], [rule], today).unused).toEqual(['known']);
    const late = judge([differing], [rule], '2027-01-01');
    expect(late).toMatchObject({ expired: ['known'], unexplained: ['mupdf: odd, page 3'] });
  });

  test('a difference of order or metadata alone is one of the document', () => {
    expect(judge([{ ...differing, pages: [] }], [], today).unexplained).toEqual(['mupdf: odd']);
  });
});
