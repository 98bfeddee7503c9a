/** A PDF as LangChain's documents: one a page that has text, then one a table. */
import { BaseDocumentLoader } from '@langchain/core/document_loaders/base';
import { Document } from '@langchain/core/documents';
import type { OpenPdf, PdfEngine } from './engines/engine.ts';
import { strip } from './python-text.ts';
import type { Table } from './tables/table.ts';

export type PdfMetadata = { page: number; type: 'text' } | { page: number; type: 'table'; table: number };
export type PdfDocument = Document<PdfMetadata>;

export interface PdfLoaderOptions {
  engine: PdfEngine;
  /** Reads the words in a picture of a page, a PNG. Undefined: there is no OCR. */
  ocr?: ((png: Uint8Array, page: number) => Promise<string>) | undefined;
  /** Called after each page of each reading. */
  onPage?: (progress: PageProgress) => void;
  /** What went wrong, where legacy goes on with what it has. */
  onFault?: (fault: string) => void;
}

export interface PageProgress {
  stage: 'text' | 'ocr' | 'tables';
  page: number;
  pages: number;
}

/** Legacy's resolution for OCR. */
const dotsPerInch = 200;

/**
 * Legacy's `extract_pages` and `extract_tables` on any engine. Texts are as the engine gave them, not cleaned. As in
 * legacy, a page that cannot be read ends its reading, and what was read before it stays.
 */
export class PdfLoader extends BaseDocumentLoader {
  readonly #path: string;
  readonly #options: PdfLoaderOptions;

  constructor(path: string, options: PdfLoaderOptions) {
    super();
    this.#path = path;
    this.#options = options;
  }

  override async load(): Promise<PdfDocument[]> {
    const documents: PdfDocument[] = [];
    for await (const document of this.lazyLoad()) documents.push(document);
    return documents;
  }

  /** Page by page, so that a long file is never held whole. Nothing, and a fault, for a file that cannot be opened. */
  async *lazyLoad(): AsyncGenerator<PdfDocument> {
    let pdf: OpenPdf;
    try {
      pdf = await this.#options.engine.open(this.#path);
    } catch (error) {
      this.#fault('open', error);
      return;
    }
    try {
      yield* this.#texts(pdf);
      yield* this.#tables(pdf);
    } finally {
      await pdf.close();
    }
  }

  async *#texts(pdf: OpenPdf): AsyncGenerator<PdfDocument> {
    const { ocr } = this.#options;
    let found = false;
    try {
      for await (const document of this.#pages(pdf, 'text', (page) => pdf.text(page))) {
        found = true;
        yield document;
      }
      if (!found && ocr)
        yield* this.#pages(pdf, 'ocr', async (page) => ocr(await pdf.render(page, dotsPerInch), page));
    } catch (error) {
      this.#fault('text', error);
    }
  }

  async *#pages(
    pdf: OpenPdf,
    stage: 'text' | 'ocr',
    read: (page: number) => Promise<string>,
  ): AsyncGenerator<PdfDocument> {
    for (let page = 1; page <= pdf.pageCount; page++) {
      const text = await read(page);
      this.#options.onPage?.({ stage, page, pages: pdf.pageCount });
      if (strip(text)) yield new Document({ pageContent: text, metadata: { page, type: 'text' } });
    }
  }

  async *#tables(pdf: OpenPdf): AsyncGenerator<PdfDocument> {
    try {
      for (let page = 1; page <= pdf.pageCount; page++) {
        const tables = await pdf.tables(page);
        this.#options.onPage?.({ stage: 'tables', page, pages: pdf.pageCount });
        for (const [index, table] of tables.entries())
          if (table.length >= 2)
            yield new Document({
              pageContent: tableText(table, page, index + 1),
              metadata: { page, type: 'table', table: index + 1 },
            });
      }
    } catch (error) {
      this.#fault('tables', error);
    }
  }

  #fault(stage: string, error: unknown): void {
    this.#options.onFault?.(`${stage}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Legacy's layout of a table: without the headers that are empty, and without the rows in which every cell is empty. */
export function tableText(table: Table, page: number, number: number): string {
  const [headers = [], ...rows] = table.map((row) => row.map((cell) => cell ?? ''));
  const lines = [
    `Table ${number} on page ${page}:`,
    `Headers: ${headers.filter(strip).join(' | ')}`,
    ...rows.filter((row) => row.some(strip)).map((row) => row.join(' | ')),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
