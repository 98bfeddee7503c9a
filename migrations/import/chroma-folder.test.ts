/** Chroma folders of every kind: large, odd, damaged. */
import { cp, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { putChat, readChat, type WholeChat } from '../../services/chats/whole.ts';
import { onBothDatabases } from '../../services/db/testing/both.ts';
import { listPdfs } from '../../services/documents/store.ts';
import { python } from '../../tools/setup/testing/places.ts';
import { openChroma } from './chroma/chroma.ts';
import { ImportError } from './import-error.ts';
import { aDocument, listed, makeChroma } from './testing/chroma-folder.ts';
import { aLegacyChat, writeFolder } from './testing/legacy-files.ts';
import { remarks, runImport } from './testing/run-import.ts';
import { verify } from './verify/verify.ts';

/** Starting Chroma takes seconds: the folder is made once. */
let folder: string;
let vectors: Record<string, Float32Array[]>;
const large = [...aDocument('d1', 'a.pdf', 1300), ...aDocument('d0', 'b.pdf', 150)];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chroma-'));
  vectors = await makeChroma(folder, [
    { name: 'chat_large', records: large, pieces: 290 },
    {
      name: 'chat_named',
      records: [
        ...aDocument('gone', 'a_b.pdf', 2),
        ...aDocument('again', 'a_b.pdf', 2),
        ...aDocument('other', 'a_b.pdf', 3),
        ...aDocument('last', 'z.pdf', 1),
      ],
    },
    { name: 'chat_wide', dimension: 768, records: aDocument('w', 'w.pdf', 3) },
    {
      name: 'chat_odd',
      records: [
        ...aDocument('d', 'a.pdf', 2),
        { id: 'no document', document: null, metadata: { doc_id: 'd' } },
        { id: 'no doc_id', document: 'x', metadata: { page: '1' } },
        { id: 'no metadata', document: 'x', metadata: null },
      ],
    },
    { name: 'something_else', records: aDocument('s', 's.pdf', 1) },
    { name: 'chat_empty', records: [] },
    { name: 'chat_broken', records: aDocument('b', 'a.pdf', 2100) },
  ]);
  await truncateLargestSegment();
  await writeFolder(folder, [
    aLegacyChat('large', 6, { pdf_list: [listed('a.pdf', 1300), listed('b.pdf', 150)] }),
    aLegacyChat('named', 5, { pdf_list: [listed('z.pdf', 1), listed('a*b.pdf', 3), listed('a?b.pdf', 2)] }),
    aLegacyChat('wide', 4, { pdf_list: [listed('w.pdf', 3)] }),
    aLegacyChat('odd', 3, { pdf_list: [listed('a.pdf', 5)] }),
    aLegacyChat('empty', 2),
    aLegacyChat('broken', 1, { pdf_list: [listed('a.pdf', 2100)] }),
  ]);
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** That of `chat_broken`; the next largest has what Chroma has moved out of SQLite of `chat_large`. */
async function truncateLargestSegment(): Promise<void> {
  const inside = join(folder, 'chroma_db');
  const names = (await readdir(inside, { recursive: true })).filter((name) =>
    name.endsWith('data_level0.bin'),
  );
  const files = await Promise.all(
    names.map(async (name) => ({ name, size: (await stat(join(inside, name))).size })),
  );
  const [largest, next] = files.sort((a, b) => b.size - a.size);
  expect(next?.size).toBeGreaterThan(1000 * 384 * 4);
  await truncate(join(inside, largest?.name ?? ''), 1000);
}

const bytesOf = (numbers: ArrayLike<number>) =>
  Buffer.from(Float32Array.from(numbers).buffer).toString('hex');

onBothDatabases((database) => {
  const chat = async (id: string): Promise<WholeChat> => {
    const whole = await readChat(database.db, id);
    if (!whole) throw new Error(`${id} is not there`);
    return whole;
  };

  it('brings over what can be, to the last bit, and says of the rest why not', async () => {
    const report = await runImport(folder, database.db);
    expect(remarks(report)).toEqual(
      [
        ...['wrong_dimension wide', 'pdf_without_text wide', 'deleted_pdf named'],
        ...Array(3).fill('chunk_unusable odd'),
        ...['pdf_count_differs odd', 'collection_foreign something_else'],
        ...['collection_unreadable broken', 'pdf_without_text broken'],
      ].sort(),
    );
    expect(report.verified).toMatchObject({ counted: 6, asked: 4, faults: [] });

    // Vectors that Chroma has moved to its index, and those that are in SQLite still.
    const { documents } = await chat('large');
    expect(documents.map(({ chunks }) => chunks.length)).toEqual([1300, 150]);
    const here = documents.flatMap(({ chunks }) => chunks);
    expect(here.map(({ text }) => text)).toEqual(large.map(({ document }) => document));
    expect(here.map(({ embedding }) => bytesOf(embedding))).toEqual(vectors.chat_large?.map(bytesOf));
    expect(here[0]?.metadata).toEqual(large[0]?.metadata);

    // Real names, the last of equal ones, in the order of the list.
    const named = (await chat('named')).documents;
    expect(named.map(({ name, listed, chunks }) => [name, listed, chunks[0]?.metadata.doc_id])).toEqual([
      ['a_b.pdf', false, 'gone'],
      ['z.pdf', true, 'last'],
      ['a*b.pdf', true, 'other'],
      ['a?b.pdf', true, 'again'],
    ]);

    // Listed as before, where there is nothing to retrieve.
    expect(await listPdfs(database.db, 'wide')).toMatchObject([{ name: 'w.pdf', chunks: 3 }]);
    expect(await listPdfs(database.db, 'broken')).toMatchObject([{ name: 'a.pdf', chunks: 2100 }]);
    expect(await listPdfs(database.db, 'odd')).toMatchObject([{ chunks: 5 }]);
    expect((await chat('odd')).documents.map(({ chunks }) => chunks.length)).toEqual([2]);
  }, 120_000);

  it('sees what is not as Chroma has it', async () => {
    await runImport(folder, database.db);
    const copy = join(folder, 'copy');
    const chroma = await openChroma({ folder: join(folder, 'chroma_db'), copy, python });
    const expected = [
      { id: 'large', listed: true, messages: 0, documents: 2, chunks: 1450, collection: 'chat_large' },
    ];
    const faults = async () =>
      (await verify(database.db, { expected, listed: ['large'], chroma, seed: 1, sample: 10 })).faults;
    expect(await faults()).toEqual([]);
    const whole = await chat('large');
    const [first, second] = whole.documents;
    if (!first || !second) throw new Error('not there');
    const put = (chunks: typeof first.chunks) =>
      putChat(database.db, {
        ...whole,
        documents: [{ ...first, id: '00000000-0000-4000-8000-000000000000', chunks }, second],
      });
    await put(first.chunks.slice(1));
    expect(await faults()).toContain('large: chunks 1450 in legacy, 1449 here');
    await putChat(database.db, { ...whole, documents: [] });
    await put(
      first.chunks.map((chunk) => ({ ...chunk, embedding: Float32Array.from(chunk.embedding, (x) => -x) })),
    );
    expect((await faults())[0]).toMatch(/other neighbours/);
    await chroma.close();
  }, 120_000);
});

it('refuses a folder that Chroma cannot open, before anything is written', async () => {
  const other = await mkdtemp(join(tmpdir(), 'chroma-'));
  await writeFolder(other, [aLegacyChat('a', 1)]);
  await cp(join(folder, 'chroma_db'), join(other, 'chroma_db'), { recursive: true });
  await truncate(join(other, 'chroma_db/chroma.sqlite3'), 3000);
  await expect(runImport(other, undefined, { dryRun: true })).rejects.toThrow(ImportError);
  await rm(other, { recursive: true });
}, 60_000);
