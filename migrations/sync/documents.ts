/** Which documents of legacy's chat the new backend has already, perhaps under other ids and with the original files. */
import type { WholeDocument } from '../../services/chats/whole.ts';
import type { NewChunk } from '../../services/rows/chunks.ts';
import type { Keep } from '../import/source/chats.ts';
import type { ImportedDocument } from '../import/source/documents.ts';

/** Both backends compute vectors with 32-bit floats, in another order. */
const tolerance = 1e-4;

/** Only `/docs` still shows it: legacy has forgotten all of it but its name, which is in its process alone. */
export const lingers = ({ listed, chunks }: WholeDocument): boolean => !listed && chunks.length === 0;

/**
 * @returns the documents as they are to be, and the ids of documents here that have to go first, as they have another content
 */
export function resolveDocuments(
  here: readonly WholeDocument[],
  wanted: readonly ImportedDocument[],
  keep: Keep,
): { documents: WholeDocument[]; replaced: string[] } {
  const open = new Set(here);
  const replaced: string[] = [];
  const documents = wanted.map((document): WholeDocument => {
    const same = [...open].find(
      ({ id, name, chunks }) =>
        (id === document.id || name === document.name) && areSame(chunks, document.chunks),
    );
    if (same) {
      open.delete(same);
      return { ...document, id: same.id, sha256: same.sha256, chunks: same.chunks };
    }
    if (here.some(({ id }) => id === document.id)) replaced.push(document.id);
    // The same upload, of which the two backends have read different texts.
    const upload = here.find(
      ({ name, uploadedAt }) => name === document.name && uploadedAt === document.uploadedAt,
    );
    return { ...document, sha256: upload?.sha256 ?? null };
  });
  return { documents: keep.deletedPdfs ? withLingering(documents, here) : documents, replaced };
}

/** Each behind the document that it stands behind here. */
function withLingering(documents: readonly WholeDocument[], here: readonly WholeDocument[]): WholeDocument[] {
  const result = [...documents];
  const has = (id: string) => result.some((document) => document.id === id);
  let place = 0;
  for (const document of here)
    if (has(document.id)) place = result.findIndex(({ id }) => id === document.id) + 1;
    else if (lingers(document)) result.splice(place++, 0, document);
  return result;
}

function areSame(here: readonly NewChunk[], wanted: readonly NewChunk[]): boolean {
  return here.length === wanted.length && here.every((chunk, n) => isSame(chunk, wanted[n]));
}

function isSame(here: NewChunk, wanted: NewChunk | undefined): boolean {
  return (
    wanted !== undefined &&
    here.text === wanted.text &&
    shownOf(here) === shownOf(wanted) &&
    here.embedding.length === wanted.embedding.length &&
    Array.from(here.embedding).every((x, n) => Math.abs(x - (wanted.embedding[n] ?? 0)) <= tolerance)
  );
}

/** Each backend has ids of its own for documents, which nobody is shown. */
const shownOf = ({ metadata: { doc_id: _, ...metadata } }: NewChunk): string =>
  JSON.stringify(Object.entries(metadata).sort());
