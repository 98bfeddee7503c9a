/**
 * A page's text as PyMuPDF's `page.get_text()` gives it. The recipe was measured against PyMuPDF 1.26.5
 * (docs/decisions/0005-pdf-engine.md): each step below is worth some pages.
 */
import type { Document, Page, PDFAnnotation, PDFPage, StructuredText } from 'mupdf';
import { drawn, partsOf } from './annotations.ts';
import type { MupdfLibrary, StructuredTextMemory } from './library.ts';

/** PyMuPDF's `TEXTFLAGS_TEXT`. */
const flags = 'preserve-ligatures,preserve-whitespace,clip,use-cid-for-unknown-unicode';

/** @param page not rotated, see `unrotated` */
export function pageText({ mupdf, memory }: MupdfLibrary, document: Document, page: Page): string {
  const content = () => readAll(memory, page.toStructuredText(flags));
  if (!(page instanceof mupdf.PDFPage && document instanceof mupdf.PDFDocument)) return content();
  const [first, ...others] = partsOf(page, (annotation) =>
    annotationText({ mupdf, memory }, page, annotation),
  );
  let text = Array.isArray(first) && first.length ? drawn(document, page, first, true, content) : content();
  for (const part of others) {
    if (!Array.isArray(part)) text += part;
    else if (part.length) text += drawn(document, page, part, false, content);
  }
  return text;
}

/** Of one for which MuPDF makes an appearance. */
function annotationText({ mupdf, memory }: MupdfLibrary, page: PDFPage, annotation: PDFAnnotation): string {
  const list = new mupdf.DisplayList(page.getBounds());
  const device = new mupdf.DisplayListDevice(list);
  annotation.run(device, mupdf.Matrix.identity);
  device.close();
  const text = readAll(memory, list.toStructuredText(flags));
  device.destroy();
  list.destroy();
  return text;
}

/** Left, top, right, bottom. */
type Box = readonly [number, number, number, number];

/** Every line with a newline at its end. */
function readAll(memory: StructuredTextMemory, structured: StructuredText): string {
  const page = Number(structured.pointer);
  const visible = Array.from(floats(memory, memory._wasm_stext_page_get_mediabox(page), 4)) as unknown as Box;
  let text = '';
  let block = memory._wasm_stext_page_get_first_block(page);
  for (; block; block = memory._wasm_stext_block_get_next(block)) {
    if (memory._wasm_stext_block_get_type(block) !== 0) continue;
    let line = memory._wasm_stext_block_get_first_line(block);
    for (; line; line = memory._wasm_stext_line_get_next(line)) text += readLine(memory, line, visible);
  }
  structured.destroy();
  return text;
}

function readLine(memory: StructuredTextMemory, line: number, visible: Box): string {
  let text = '';
  let last = 0;
  let char = memory._wasm_stext_line_get_first_char(line);
  for (; char; char = memory._wasm_stext_char_get_next(char)) {
    // The `clip` flag leaves the later letters of a ligature that is cut by the page's edge; PyMuPDF looks again.
    if (!overlaps(visible, floats(memory, memory._wasm_stext_char_get_quad(char), 8))) continue;
    last = memory._wasm_stext_char_get_c(char);
    // PyMuPDF shows half of a surrogate pair as U+FFFD.
    text += last >= 0xd800 && last <= 0xdfff ? '\ufffd' : String.fromCodePoint(last);
  }
  return last !== 10 && last > 0 ? `${text}\n` : text;
}

function floats(memory: StructuredTextMemory, address: number, count: number): Float32Array {
  return memory.HEAPF32.subarray(address / 4, address / 4 + count);
}

function overlaps([x0, top, x1, bottom]: Box, quad: Float32Array): boolean {
  const [ulx = 0, uly = 0, urx = 0, ury = 0, llx = 0, lly = 0, lrx = 0, lry = 0] = quad;
  return (
    x0 < Math.max(ulx, urx, llx, lrx) &&
    x1 > Math.min(ulx, urx, llx, lrx) &&
    top < Math.max(uly, ury, lly, lry) &&
    bottom > Math.min(uly, ury, lly, lry)
  );
}

/**
 * Runs `read` on the page as if it were not rotated, which is how PyMuPDF extracts text.
 * @param index from 0
 */
export function unrotated<T>(
  { mupdf }: MupdfLibrary,
  document: { loadPage(index: number): Page | PDFPage },
  index: number,
  read: (page: Page) => T,
): T {
  const page = document.loadPage(index);
  const object = page instanceof mupdf.PDFPage ? page.getObject() : undefined;
  const rotation = object?.getInheritable('Rotate');
  const degrees = rotation?.isNumber() ? rotation.asNumber() % 360 : 0;
  const turned = degrees !== 0 && degrees % 90 === 0;
  const own = object?.get('Rotate');
  // Not loaded again, as in PyMuPDF: the change takes away the appearances that MuPDF made, and they are not read.
  if (turned) object?.put('Rotate', 0);
  try {
    return read(page);
  } finally {
    if (turned && own?.isNull()) object?.delete('Rotate');
    else if (turned && own) object?.put('Rotate', own);
    page.destroy();
  }
}
