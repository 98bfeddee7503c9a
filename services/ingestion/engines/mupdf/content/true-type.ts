/** What the glyphs of an embedded TrueType program stand for, by its own `cmap` table: formats 0 and 4, as pdfminer reads them. */
import { UnicodeMap } from './to-unicode.ts';

/**
 * @returns undefined when the program has no such table
 * @throws Error for other formats, on which pdfminer gives up the page
 */
export function trueTypeCharacters(program: Uint8Array): UnicodeMap | undefined {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const base = tableOffset(view, 'cmap');
  if (base === undefined) return undefined;
  const glyphs = new Map<number, number>();
  for (let i = 0; i < view.getUint16(base + 2); i++) {
    const record = base + 4 + 8 * i;
    const [platform, encoding] = [view.getUint16(record), view.getUint16(record + 2)];
    if (platform !== 0 && !(platform === 3 && [1, 10].includes(encoding))) continue;
    const table = base + view.getUint32(record + 4);
    const format = view.getUint16(table);
    if (format === 0)
      for (let code = 0; code < 256; code++) glyphs.set(code, view.getUint8(table + 6 + code));
    else if (format === 4) readSegments(view, table, glyphs);
    else throw new Error(`a TrueType character map has the format ${format}`);
  }
  if (!glyphs.size) return undefined;
  const characters = new UnicodeMap();
  for (const [code, glyph] of glyphs) characters.add(glyph, String.fromCodePoint(code));
  return characters;
}

function tableOffset(view: DataView, tag: string): number | undefined {
  for (let i = 0; i < view.getUint16(4); i++) {
    const record = 12 + 16 * i;
    if (record + 16 > view.byteLength) return undefined;
    const name = String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(record + offset)));
    if (name === tag) return view.getUint32(record + 8);
  }
  return undefined;
}

function readSegments(view: DataView, table: number, glyphs: Map<number, number>): void {
  const count = view.getUint16(table + 6) / 2;
  const [ends, starts] = [table + 14, table + 16 + 2 * count];
  const [deltas, offsets] = [starts + 2 * count, starts + 4 * count];
  for (let i = 0; i < count; i++) {
    const [start, end] = [view.getUint16(starts + 2 * i), view.getUint16(ends + 2 * i)];
    const [delta, offset] = [view.getInt16(deltas + 2 * i), view.getUint16(offsets + 2 * i)];
    for (let code = start; code <= end; code++) {
      // pdfminer counts the offset from the start of the offsets, not from the segment's own.
      const glyph = offset ? view.getUint16(offsets + offset + 2 * (code - start)) : code;
      glyphs.set(code, (glyph + delta) & 0xffff);
    }
  }
}
