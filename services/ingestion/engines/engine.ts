/** What ingestion needs of a PDF library, and nothing of which one it is. Pages count from 1. */

import type { Table } from '../tables/table.ts';

export interface PdfEngine {
  readonly name: string;
  /**
   * @param path the file; it is read as it is needed, not whole, where the library can
   * @throws Error with the library's reason when there is nothing to read: not a PDF, damaged beyond repair, a password
   */
  open(path: string): Promise<OpenPdf>;
}

export interface OpenPdf {
  readonly pageCount: number;
  /** The page's text as the library gives it, not cleaned. */
  text(page: number): Promise<string>;
  /** The page's tables in reading order, of any size. */
  tables(page: number): Promise<Table[]>;
  /** The page as a picture, a PNG. */
  render(page: number, dpi: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
