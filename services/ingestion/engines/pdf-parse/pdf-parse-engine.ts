/**
 * pdf-parse: the engine without AGPL, for teams that do not need legacy's very bytes. Tuned to come near them; how near
 * is in docs/decisions/0005-pdf-engine.md. It reads the whole file into memory.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPdfParse, pdfjsFolder } from '../../../optional/pdf-parse.ts';
import type { PdfEngine } from '../engine.ts';

const textOptions = { cellSeparator: ' ', pageJoiner: '', disableNormalization: true };

export const pdfParseEngine: PdfEngine = {
  name: 'pdf-parse',
  async open(path) {
    const { PDFParse } = await loadPdfParse();
    // pdfjs cannot read CJK text without these files, and warns of each font that it has to replace.
    const pdfjs = pdfjsFolder();
    const parser = new PDFParse({
      data: new Uint8Array(await readFile(path)),
      cMapUrl: join(pdfjs, 'cmaps/'),
      cMapPacked: true,
      standardFontDataUrl: join(pdfjs, 'standard_fonts/'),
      verbosity: 0,
    });
    try {
      const { total } = await parser.getInfo();
      return {
        pageCount: total,
        text: async (page) => (await parser.getText({ ...textOptions, partial: [page] })).text,
        tables: async (page) => (await parser.getTable({ partial: [page] })).pages[0]?.tables ?? [],
        render: async (page, dpi) => {
          const shot = await parser.getScreenshot({ partial: [page], scale: dpi / 72, imageDataUrl: false });
          const [picture] = shot.pages;
          if (!picture) throw new Error(`page ${page} could not be rendered`);
          return picture.data;
        },
        close: () => parser.destroy(),
      };
    } catch (error) {
      await parser.destroy();
      throw error;
    }
  },
};
