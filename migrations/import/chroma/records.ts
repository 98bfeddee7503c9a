/** The records of a collection, which come from Python in pages. */

/** Records in the order in which they were added. */
export interface ChromaRecords {
  ids: string[];
  documents: (string | null)[];
  metadatas: (Record<string, unknown> | null)[];
  embeddings: Float32Array[];
}

/** As Python writes it: the vectors as the bytes of their 32-bit floats, one after the other, in base64. */
export type RecordsPage = Omit<ChromaRecords, 'embeddings'> & { embeddings: string };

export const noRecords = (): ChromaRecords => ({ ids: [], documents: [], metadatas: [], embeddings: [] });

/** @returns false if the page is empty */
export function addPage(all: ChromaRecords, page: RecordsPage): boolean {
  if (page.ids.length === 0) return false;
  const floats = toFloats(page.embeddings);
  const dimension = floats.length / page.ids.length;
  all.ids.push(...page.ids);
  all.documents.push(...page.documents);
  all.metadatas.push(...page.metadatas);
  for (let at = 0; at < floats.length; at += dimension)
    all.embeddings.push(floats.subarray(at, at + dimension));
  return true;
}

export function toFloats(base64: string): Float32Array {
  const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer, 0, bytes.length / 4);
}
