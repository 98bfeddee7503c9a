/** MuPDF, the library under PyMuPDF: the engine whose text equals legacy's. AGPL, as PyMuPDF is. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Document } from 'mupdf';
import { findTables } from '../../tables/find-tables.ts';
import type { Table } from '../../tables/table.ts';
import type { OpenPdf, PdfEngine } from '../engine.ts';
import { expandBrotli } from './brotli.ts';
import { checkFrames } from './content/frame.ts';
import { FontCache, pageObjects } from './content/page-objects.ts';
import { loadMupdf, type MupdfLibrary } from './library.ts';
import { hasReadableRoot } from './repaired.ts';
import { pageText, unrotated } from './text.ts';

export const mupdfEngine: PdfEngine = {
  name: 'mupdf',
  async open(path) {
    const library = await loadMupdf();
    const file = openSync(path, 'r');
    try {
      return openPdf(library, file);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  },
};

function openPdf(library: MupdfLibrary, file: number): OpenPdf {
  const { mupdf } = library;
  const stream = new mupdf.Stream({
    fileSize: () => fstatSync(file).size,
    read: (memory, offset, length, position) => readSync(file, memory, offset, length, position),
    close: () => {},
  });
  const document = mupdf.Document.openDocument(stream, 'pdf');
  if (document.needsPassword()) {
    document.destroy();
    throw new Error('the document needs a password');
  }
  if (document instanceof mupdf.PDFDocument) expandBrotli(document, file, fstatSync(file).size);
  const fonts = new FontCache();
  let readable: boolean | undefined;
  let checked = false;
  return {
    pageCount: document.countPages(),
    text: async (page) =>
      unrotated(library, document, page - 1, (loaded) => pageText(library, document, loaded)),
    tables: async (page) => {
      if (document instanceof mupdf.PDFDocument && document.wasRepaired())
        readable ??= hasReadableRoot(file, fstatSync(file).size);
      if (readable === false) return [];
      if (!checked && document instanceof mupdf.PDFDocument) checkFrames(document);
      checked = true;
      return pageTables(library, document, page - 1, fonts);
    },
    render: async (page, dpi) => renderPng(library, document, page - 1, dpi),
    close: async () => {
      document.destroy();
      stream.destroy();
      closeSync(file);
    },
  };
}

/** PyMuPDF's `page.get_pixmap(dpi=…).tobytes("png")`: RGB, no alpha, annotations and form fields shown. */
function renderPng({ mupdf }: MupdfLibrary, document: Document, index: number, dpi: number): Uint8Array {
  const page = document.loadPage(index);
  const pixmap = page.toPixmap(
    mupdf.Matrix.scale(dpi / 72, dpi / 72),
    mupdf.ColorSpace.DeviceRGB,
    false,
    true,
  );
  pixmap.setResolution(dpi, dpi);
  const png = Uint8Array.from(pixmap.asPNG());
  pixmap.destroy();
  page.destroy();
  return png;
}

function pageTables({ mupdf }: MupdfLibrary, document: Document, index: number, fonts: FontCache): Table[] {
  const page = document.loadPage(index);
  try {
    return page instanceof mupdf.PDFPage ? findTables(pageObjects(page, fonts)) : [];
  } finally {
    page.destroy();
  }
}
