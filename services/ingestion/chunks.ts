/** A PDF as the pieces of text that are embedded and found again. */
import type { TextSplitter } from '@langchain/textsplitters';
import { cleanText } from './clean.ts';
import type { PdfDocument } from './loader.ts';
import { sanitizeSource } from './sanitize-source.ts';
import { WordWindowSplitter } from './split.ts';

/** What legacy stores beside a chunk; every value is a string. */
export interface ChunkMetadata {
  doc_id: string;
  doc_type: 'pdf';
  /** Counts from 1. */
  page: string;
  source: string;
  type: 'text' | 'table';
  /** Of a text: its place among the chunks of the page, from 0. */
  chunk_index?: string;
  /** Of a table: its number on the page, from 1; tables that are left out count. */
  table_index?: string;
}

export interface Chunk {
  text: string;
  metadata: ChunkMetadata;
}

export interface ChunkOptions {
  documentId: string;
  /** The uploaded file's name, as it was sent. */
  filename: string;
  splitter?: Pick<TextSplitter, 'splitText'>;
  /** 2,000 unless told. */
  most?: number;
}

/** Legacy's `build_chunks`: cleans, cuts and labels what a loader gives, in its order. Reads no further than the limit. */
export async function* buildChunks(
  documents: AsyncIterable<PdfDocument>,
  { documentId, filename, splitter = new WordWindowSplitter(), most = 2000 }: ChunkOptions,
): AsyncGenerator<Chunk> {
  const source = sanitizeSource(filename);
  /** In the order in which legacy writes it. */
  const label = (page: number, type: ChunkMetadata['type']): ChunkMetadata => ({
    doc_id: documentId,
    doc_type: 'pdf',
    page: String(page),
    source,
    type,
  });
  let count = 0;
  for await (const { pageContent, metadata } of documents) {
    const base = label(metadata.page, metadata.type);
    const cleaned = cleanText(pageContent);
    if (metadata.type === 'table') {
      yield {
        text: cleaned,
        metadata: { ...base, table_index: String(metadata.table) },
      };
      count++;
    } else if (cleaned)
      for (const [index, text] of (await splitter.splitText(cleaned)).entries()) {
        if (count === most) return;
        yield { text, metadata: { ...base, chunk_index: String(index) } };
        count++;
      }
    if (count === most) return;
  }
}
