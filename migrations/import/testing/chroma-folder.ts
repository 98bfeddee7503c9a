import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { python } from '../../../tools/setup/testing/places.ts';

export interface CollectionToMake {
  name: string;
  records: { id: string; document: string | null; metadata: Record<string, unknown> | null }[];
  /** 384 unless told. */
  dimension?: number;
  /** How many are added at once; all unless told. */
  pieces?: number;
}

/** Makes a Chroma folder with seeded vectors. @returns the vectors of each collection, in the order of its records */
export async function makeChroma(
  folder: string,
  collections: readonly CollectionToMake[],
): Promise<Record<string, Float32Array[]>> {
  const wanted = collections.map((collection, seed) => {
    const pieces = Math.max(1, collection.records.length);
    return { dimension: 384, pieces, seed, ...collection };
  });
  const made = await run(join(folder, 'chroma_db'), JSON.stringify(wanted));
  return Object.fromEntries(
    wanted.map(({ name, dimension, records }) => {
      const bytes = new Uint8Array(Buffer.from(made[name] ?? '', 'base64'));
      const slice = (_: unknown, n: number) => new Float32Array(bytes.buffer, n * dimension * 4, dimension);
      return [name, records.map(slice)];
    }),
  );
}

function run(folder: string, input: string): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, 'make_chroma.py');
    const child = execFile(python, [script, folder], { maxBuffer: 100_000_000 }, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out) as Record<string, string>),
    );
    child.stdin?.end(input);
  });
}

/** The records of a document as legacy stores them. */
export function aDocument(
  docId: string,
  source: string,
  count: number,
  text = `text of ${docId}`,
): CollectionToMake['records'] {
  return Array.from({ length: count }, (_, n) => ({
    id: `${docId}_${n}`,
    document: `${text}, chunk ${n}`,
    metadata: { doc_id: docId, doc_type: 'pdf', page: `${n + 1}`, source, type: 'text', chunk_index: '0' },
  }));
}

/** An entry of a chat's list. */
export const listed = (name: string, chunks_added: number, upload_time = '2026-01-02T00:00:00.000001Z') => ({
  name,
  chunks_added,
  upload_time,
  status: 'active' as const,
});
