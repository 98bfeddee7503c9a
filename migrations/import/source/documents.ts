/** Makes documents out of a collection's chunks and the chat's own list of PDFs. */
import type { EmbeddingModelId } from '../../../services/db/embedding-model.ts';
import type { WallTime } from '../../../services/db/wall-time.ts';
import { sanitizeSource } from '../../../services/ingestion/sanitize-source.ts';
import type { NewChunk } from '../../../services/rows/chunks.ts';
import type { ChromaRecords } from '../chroma/records.ts';
import { derivedId } from '../derived-id.ts';
import type { Note } from '../report.ts';
import type { ListedPdf } from './chat-list.ts';
import { shown } from './fields.ts';

export interface ImportedDocument {
  id: string;
  name: string;
  listed: boolean;
  uploadedAt: WallTime;
  /** As the list shows it. */
  chunkCount: number;
  chunks: NewChunk[];
}

/** Legacy has no other. */
export const legacyModel: EmbeddingModelId = { id: 'all-MiniLM-L6-v2', dimension: 384 };
const { dimension } = legacyModel;

/** A document as Chroma has it. */
interface Stored {
  docId: string;
  source: string;
  chunks: NewChunk[];
}

type Remark = (kind: Note['kind'], detail: string) => void;

/** The documents of a collection, in the order in which they were added; chunks that cannot be used are noted. */
export function storedDocuments(records: ChromaRecords, remark: Remark): Stored[] {
  const documents = new Map<string, Stored>();
  const wrong = new Map<number, number>();
  for (const [index, id] of records.ids.entries()) {
    const [text, metadata] = [records.documents[index], records.metadatas[index]];
    const embedding = records.embeddings[index];
    const docId = metadata?.doc_id;
    if (embedding && embedding.length !== dimension) {
      wrong.set(embedding.length, (wrong.get(embedding.length) ?? 0) + 1);
    } else if (
      typeof text !== 'string' ||
      !metadata ||
      typeof docId !== 'string' ||
      !embedding?.every(Number.isFinite)
    ) {
      remark('chunk_unusable', id);
    } else {
      const source = String(metadata.source ?? '');
      const document = documents.get(docId) ?? { docId, source, chunks: [] };
      document.chunks.push({ text, metadata: toTexts(metadata), embedding });
      documents.set(docId, document);
    }
  }
  for (const [length, count] of wrong)
    remark('wrong_dimension', `${count} chunks of ${length} dimensions instead of ${dimension}`);
  return [...documents.values()];
}

/** Legacy writes texts only. Chroma gives them in another order each time. */
const toTexts = (metadata: Record<string, unknown>) =>
  Object.fromEntries(
    Object.keys(metadata)
      .sort()
      .map((key) => [key, String(metadata[key])]),
  );

/**
 * Finds which document is which of the list: Chroma has the name only with its odd characters replaced. The last of equal
 * ones is the one that is listed, as those before it were deleted.
 */
export function matchDocuments(
  chatId: string,
  pdfs: readonly ListedPdf[],
  stored: readonly Stored[],
  otherwise: WallTime,
  remark: Remark,
): ImportedDocument[] {
  const pdfOf = new Map<Stored, ListedPdf>();
  const open = new Set(pdfs.keys());
  const match = (fits: (pdf: ListedPdf, document: Stored) => boolean) => {
    for (const index of [...open].reverse()) {
      const pdf = pdfs[index];
      const found = pdf && stored.findLast((document) => !pdfOf.has(document) && fits(pdf, document));
      if (!found) continue;
      pdfOf.set(found, pdf);
      open.delete(index);
    }
  };
  const sameName = (pdf: ListedPdf, { source }: Stored) => sanitizeSource(pdf.name) === source;
  match((pdf, document) => sameName(pdf, document) && pdf.chunks === document.chunks.length);
  match(sameName);
  const documents = stored.map((document) =>
    toDocument(chatId, document, pdfOf.get(document), otherwise, remark),
  );
  return inListOrder(documents, pdfs, stored, pdfOf, [...open], chatId, remark);
}

function toDocument(
  chatId: string,
  { docId, source, chunks }: Stored,
  pdf: ListedPdf | undefined,
  otherwise: WallTime,
  remark: Remark,
): ImportedDocument {
  if (pdf && pdf.chunks !== chunks.length)
    remark('pdf_count_differs', `${pdf.name}: ${pdf.chunks} in the list, ${chunks.length} in Chroma`);
  return {
    id: derivedId(chatId, `document ${docId}`),
    name: pdf?.name ?? source,
    listed: pdf !== undefined,
    uploadedAt: pdf?.uploadedAt ?? otherwise,
    chunkCount: pdf?.chunks ?? chunks.length,
    chunks,
  };
}

/** One order serves both: that of the chat's list, in which the documents that it lacks keep their places in Chroma's. */
function inListOrder(
  documents: ImportedDocument[],
  pdfs: readonly ListedPdf[],
  stored: readonly Stored[],
  pdfOf: ReadonlyMap<Stored, ListedPdf>,
  missing: readonly number[],
  chatId: string,
  remark: Remark,
): ImportedDocument[] {
  const byPdf = new Map(
    stored.flatMap((each, n) => (pdfOf.has(each) ? [[pdfOf.get(each), documents[n]]] : [])),
  );
  const listed = pdfs.map((pdf, index) => {
    if (missing.includes(index)) remark('pdf_without_text', shown(pdf.name));
    return byPdf.get(pdf) ?? withoutText(chatId, pdf, index);
  });
  const result: ImportedDocument[] = [];
  for (const document of documents) {
    if (!document.listed) result.push(document);
    else if (listed.length > 0) result.push(listed.shift() as ImportedDocument);
  }
  return [...result, ...(listed as ImportedDocument[])];
}

function withoutText(
  chatId: string,
  { name, uploadedAt, chunks }: ListedPdf,
  index: number,
): ImportedDocument {
  return {
    id: derivedId(chatId, `listed ${index} ${name}`),
    name,
    uploadedAt,
    listed: true,
    chunkCount: chunks,
    chunks: [],
  };
}
