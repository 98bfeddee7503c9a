/** A tiny PDF writer: pages of text lines and ruled tables, in Helvetica. */

export interface Page {
  /** Each line is one line of text. Characters beyond ASCII go through a ToUnicode map, at most 120 different ones. */
  lines?: string[];
  /** Rows of cells, drawn with rules around each cell below the lines. */
  tables?: string[][][];
}

const LINE = 12;
const ROW = 20;
const CELL = 110;
const WIDTH = 2000;

/** A PDF of these pages; a string is a page of one paragraph, broken into lines of twelve words. */
export const pdf = (...pages: (string | Page)[]): Buffer => write(pages, 0);

/** A PDF of exactly so many bytes: most of them are a stream that nothing refers to. */
export function pdfOfSize(bytes: number, ...pages: (string | Page)[]): Buffer {
  // The padding's length is written in decimal digits, so adding it all at once can be off by a few.
  let padding = bytes - write(pages, 1).length;
  padding -= write(pages, padding).length - bytes;
  return write(pages, padding);
}

function write(pages: (string | Page)[], padding: number): Buffer {
  const map = new Map<string, number>();
  const encode = (text: string) =>
    [...text]
      .map((char) => {
        const point = char.codePointAt(0) ?? 0;
        if (point >= 0x20 && point < 0x7f) return '()\\'.includes(char) ? `\\${char}` : char;
        const code = map.get(char) ?? 0x80 + map.size;
        if (code > 0xff) throw new Error('too many different characters');
        map.set(char, code);
        return `\\${code.toString(8)}`;
      })
      .join('');

  const contents = pages.map((page) => draw(typeof page === 'string' ? { lines: wrap(page) } : page, encode));
  const objects: string[] = [];
  const add = (body: string) => objects.push(body);
  const stream = (body: string) => `<< /Length ${Buffer.byteLength(body)} >>\nstream\n${body}\nendstream`;
  const firstPage = 5;
  add('<< /Type /Catalog /Pages 2 0 R >>');
  const kids = pages.map((_, i) => `${firstPage + 2 * i} 0 R`).join(' ');
  add(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 4 0 R >>');
  add(stream(toUnicode(map)));
  for (const [i, { height, commands }] of contents.entries()) {
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${WIDTH} ${height}] /Contents ${firstPage + 2 * i + 1} 0 R ` +
        '/Resources << /Font << /F1 3 0 R >> >> >>',
    );
    add(stream(commands));
  }
  if (padding > 0) add(stream('x'.repeat(padding)));
  return assemble(objects);
}

const wrap = (text: string): string[] => {
  const words = text.split(' ');
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 12) lines.push(words.slice(at, at + 12).join(' '));
  return lines;
};

function draw(page: Page, encode: (text: string) => string): { height: number; commands: string } {
  const { lines = [], tables = [] } = page;
  const rows = tables.reduce((sum, table) => sum + table.length + 2, 0);
  const height = 100 + LINE * lines.length + ROW * rows;
  const commands: string[] = [];
  let y = height - 40;
  const write = (x: number, text: string) =>
    commands.push(`BT /F1 8 Tf ${x} ${y} Td (${encode(text)}) Tj ET`);
  for (const line of lines) {
    write(40, line);
    y -= LINE;
  }
  for (const table of tables) {
    y -= ROW;
    for (const row of table) {
      for (const [column, cell] of row.entries()) {
        const x = 40 + column * CELL;
        commands.push(`${x} ${y - 6} ${CELL} ${ROW} re S`);
        if (cell) write(x + 4, cell);
      }
      y -= ROW;
    }
    y -= ROW;
  }
  return { height, commands: commands.join('\n') };
}

function toUnicode(map: Map<string, number>): string {
  const hex = (n: number) => n.toString(16).padStart(2, '0');
  const ascii = Array.from({ length: 0x5f }, (_, i) => [String.fromCodePoint(0x20 + i), 0x20 + i] as const);
  const entries = [...ascii, ...map].map(([char, code]) => {
    const units = Array.from({ length: char.length }, (_, i) =>
      char.charCodeAt(i).toString(16).padStart(4, '0'),
    );
    return `<${hex(code)}> <${units.join('')}>`;
  });
  const blocks: string[] = [];
  for (let at = 0; at < entries.length; at += 100) {
    const block = entries.slice(at, at + 100);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`);
  }
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CMapName /Tests def /CMapType 2 def',
    '1 begincodespacerange <00> <ff> endcodespacerange',
    ...blocks,
    'endcmap CMapName currentdict /CMap defineresource pop end end',
  ].join('\n');
}

function assemble(objects: string[]): Buffer {
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = body.length;
    body += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  return Buffer.from(
    `${body}xref\n0 ${size}\n0000000000 65535 f \n${table}` +
      `trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  );
}
