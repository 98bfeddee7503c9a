import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onBothDatabases } from '../../db/testing/both.ts';
import { aChat, aDocument } from '../../db/testing/data.ts';
import { buildChunks, type Chunk } from '../../ingestion/chunks.ts';
import { loadEngine } from '../../ingestion/engines/index.ts';
import { PdfLoader } from '../../ingestion/loader.ts';
import { committedCorpus } from '../../ingestion/parity/run.ts';
import { startEmbeddings } from '../embeddings/mini-lm.ts';
import type { Found } from '../found.ts';
import { retrieve } from '../retrieve.ts';
import { PostgresStore } from '../store/postgres-store.ts';
import { type LegacyRetrieval, legacyRetrieval, modelFolder } from '../testing/legacy.ts';

const embeddings = startEmbeddings({ modelFolder });
/** Two runs of legacy, each with a Chroma of its own, whose search is approximate. */
let runs: [LegacyRetrieval, LegacyRetrieval];
let documents: Chunk[][];
/** Of each document's chunks. */
const vectors: number[][][] = [];
beforeAll(async () => {
  runs = [await legacyRetrieval(), await legacyRetrieval()];
  documents = await corpus();
  for (const chunks of documents)
    vectors.push(await embeddings.embedDocuments(chunks.map(({ text }) => text)));
  const all = documents.flat().map(plain);
  const legacys = await runs[0].call(
    'encode',
    all.map(({ text }) => text),
  );
  for (const run of runs) await run.call('collection', 'a-chat', all, legacys);
}, 300_000);
afterAll(async () => {
  await embeddings.close();
  for (const run of runs) await run.close();
});

const plain = ({ text, metadata }: { text: string; metadata: Chunk['metadata'] | Found['metadata'] }) => ({
  text,
  metadata: { ...metadata },
});

/** What is stored of the committed PDFs, a list for each that has text. */
async function corpus(): Promise<Chunk[][]> {
  const engine = await loadEngine('mupdf');
  const all: Chunk[][] = [];
  for (const name of (await readdir(committedCorpus)).sort()) {
    const loader = new PdfLoader(join(committedCorpus, name), { engine });
    const chunks: Chunk[] = [];
    for await (const chunk of buildChunks(loader.lazyLoad(), { documentId: name, filename: name }))
      chunks.push(chunk);
    if (chunks.length) all.push(chunks);
  }
  return all;
}

const questions = [
  ...['What was measured?', 'How much does the seal cost?', 'Which invoice is due?', 'Who wrote chapter 2?'],
  ...[
    'total amount',
    'hyphenated words',
    'ligatures',
    'a table with headers',
    'page',
    '2024',
    'Summe',
    'name',
  ],
  ...[
    'What does the form ask for?',
    'rotated page',
    '表',
    '日本語',
    'مرحبا',
    'שלום',
    '😀',
    '?',
    'x'.repeat(400),
  ],
  ...['Which row has the largest number?', 'annotations and comments', 'encrypted text', 'the left column'],
];

onBothDatabases((database) => {
  it('finds the same 15 as legacy over the corpus, in the same order, wherever two runs of legacy agree', async () => {
    const { db } = database;
    const id = await aChat(db);
    for (const [d, chunks] of documents.entries()) {
      const stored = chunks.map(({ text, metadata }, n) => ({
        text,
        metadata: { ...metadata },
        embedding: vectors[d]?.[n] ?? [],
      }));
      await aDocument(db, id, chunks[0]?.metadata.doc_id, stored);
    }
    const store = new PostgresStore(embeddings, { db });
    const asked = [...questions, ...documents.map((chunks) => (chunks[0]?.text ?? '').slice(0, 80))];
    let [agreed, whole] = [0, 0];
    for (const question of asked) {
      const [one = [], other] = await Promise.all(
        runs.map((run) => run.call('retrieve', 'a-chat', question)),
      );
      // Chroma gives metadata back in any order.
      if (!isDeepStrictEqual(one, other)) continue;
      agreed++;
      const found = await retrieve(store, id, question);
      // The same page is in two files of the corpus. Where such a pair is cut in two, its heap decides which one Chroma keeps.
      const [[, last = 0] = [], [, next = 0] = []] = (
        await store.similaritySearchWithScore(question, 16, { chatId: id })
      ).slice(-2);
      const cut = next - last < 1e-6 ? 1 - last / 2 + 1e-6 : -1;
      if (cut < 0) whole++;
      const compared = ({ similarity }: { similarity: number }) => similarity > cut;
      expect(found.filter(compared).map(plain), question).toEqual(one.filter(compared).map(plain));
      for (const [n, { similarity }] of found.entries())
        expect(similarity).toBeCloseTo(one[n]?.similarity ?? Number.NaN, 5);
    }
    console.log(
      `${agreed} of ${asked.length} questions agreed upon by legacy, ${whole} of them without a tie at the cut`,
    );
    expect(agreed).toBeGreaterThan(asked.length * 0.7);
    expect(whole).toBeGreaterThan(asked.length * 0.5);
  }, 120_000);
});
