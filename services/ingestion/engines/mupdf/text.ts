/**
 * A page's text as PyMuPDF's `page.get_text()` gives it. The recipe was measured against PyMuPDF 1.26.5
 * (docs/decisions/0005-pdf-engine.md): each step below is worth some pages.
 */
import type { Page, PDFPage, StructuredText } from 'mupdf';
import type { MupdfLibrary, StructuredTextMemory } from './library.ts';

/** PyMuPDF's `TEXTFLAGS_TEXT`. */
const flags = 'preserve-ligatures,preserve-whitespace,clip,use-cid-for-unknown-unicode';

/** @param page not rotated, see `unrotated` */
export function pageText({ mupdf, memory }: MupdfLibrary, page: Page): string {
  let text = readAll(memory, page.toStructuredText(flags));
  if (!(page instanceof mupdf.PDFPage)) return text;
  // `toStructuredText` sees the page's contents only; PyMuPDF runs annotations and form fields after them.
  for (const annotation of [...page.getAnnotations(), ...page.getWidgets()]) {
    if (annotation.getType() === 'Popup') continue;
    const list = new mupdf.DisplayList(page.getBounds());
    const device = new mupdf.DisplayListDevice(list);
    annotation.run(device, mupdf.Matrix.identity);
    device.close();
    text += readAll(memory, list.toStructuredText(flags));
    device.destroy();
    list.destroy();
  }
  return text;
}

/** Every line with a newline at its end. */
function readAll(memory: StructuredTextMemory, structured: StructuredText): string {
  let text = '';
  let block = memory._wasm_stext_page_get_first_block(Number(structured.pointer));
  for (; block; block = memory._wasm_stext_block_get_next(block)) {
    if (memory._wasm_stext_block_get_type(block) !== 0) continue;
    let line = memory._wasm_stext_block_get_first_line(block);
    for (; line; line = memory._wasm_stext_line_get_next(line)) text += readLine(memory, line);
  }
  structured.destroy();
  return text;
}

function readLine(memory: StructuredTextMemory, line: number): string {
  let text = '';
  let code = 0;
  let char = memory._wasm_stext_line_get_first_char(line);
  for (; char; char = memory._wasm_stext_char_get_next(char)) {
    code = memory._wasm_stext_char_get_c(char);
    // PyMuPDF shows half of a surrogate pair as U+FFFD.
    text += code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCodePoint(code);
  }
  return code !== 10 && code > 0 ? `${text}\n` : text;
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
  let page = document.loadPage(index);
  const rotation = page instanceof mupdf.PDFPage ? page.getObject().getInheritable('Rotate') : undefined;
  const degrees = rotation?.isNumber() ? rotation.asNumber() % 360 : 0;
  const turned = degrees !== 0 && degrees % 90 === 0;
  if (turned && page instanceof mupdf.PDFPage) {
    page.getObject().put('Rotate', 0);
    page.destroy();
    page = document.loadPage(index);
  }
  try {
    return read(page);
  } finally {
    if (turned && page instanceof mupdf.PDFPage) page.getObject().put('Rotate', degrees);
    page.destroy();
  }
}
