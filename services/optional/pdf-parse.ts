/** pdf-parse, as far as its engine uses it. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { hasOptional, loadOptional, manifestOf } from './load.ts';

const NAME = 'pdf-parse';

export interface PdfParser {
  getInfo(): Promise<{ total: number }>;
  getText(options: {
    partial: number[];
    cellSeparator: string;
    pageJoiner: string;
    disableNormalization: boolean;
  }): Promise<{ text: string }>;
  getTable(options: { partial: number[] }): Promise<{ pages: { tables: string[][][] }[] }>;
  getScreenshot(options: {
    partial: number[];
    scale: number;
    imageDataUrl: boolean;
  }): Promise<{ pages: { data: Uint8Array }[] }>;
  destroy(): Promise<void>;
}

interface PdfParse {
  PDFParse: new (options: {
    data: Uint8Array;
    cMapUrl: string;
    cMapPacked: boolean;
    standardFontDataUrl: string;
    verbosity: number;
  }) => PdfParser;
}

/** @throws OptionalMissingError */
export const loadPdfParse = (): Promise<PdfParse> => loadOptional(NAME, 'PDF_ENGINE=pdf-parse');

export const hasPdfParse = (): boolean => hasOptional(NAME);

/** The folder of pdfjs-dist, which pdf-parse brings along. @throws Error where it is not installed */
export const pdfjsFolder = (): string =>
  dirname(createRequire(manifestOf(NAME) ?? '').resolve('pdfjs-dist/package.json'));
