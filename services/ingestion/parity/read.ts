/** Reads a document with an engine as ingestion does, and keeps the parts that are compared. */
import { buildChunks } from '../chunks.ts';
import type { PdfEngine } from '../engines/engine.ts';
import { type PdfDocument, PdfLoader } from '../loader.ts';
import type { Reading } from './compare.ts';

export async function readDocument(
  file: string,
  engine: PdfEngine,
  ocr?: (png: Uint8Array, page: number) => Promise<string>,
): Promise<Reading> {
  const reading: Reading = { pages: [], tables: [], chunks: [] };
  const documents = tee(new PdfLoader(file, { engine, ocr }).lazyLoad(), ({ pageContent, metadata }) => {
    if (metadata.type === 'text') reading.pages.push([metadata.page, pageContent]);
    else reading.tables.push([metadata.page, metadata.table, pageContent]);
  });
  const options = { documentId: 'document', filename: 'document.pdf' };
  for await (const chunk of buildChunks(documents, options)) reading.chunks.push(chunk);
  return reading;
}

async function* tee(documents: AsyncIterable<PdfDocument>, see: (document: PdfDocument) => void) {
  for await (const document of documents) {
    see(document);
    yield document;
  }
}
