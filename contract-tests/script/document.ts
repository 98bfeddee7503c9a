/** Lines of text, or a ruled table below its title, or more text than a chunk holds. */
export type PdfPage = string[] | { title: string; rows: string[][] } | { small: string[] };

/** A small PDF for recordings, in Helvetica; the same bytes every time. */
export function document(...pages: PdfPage[]): Buffer {
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${pages.map((_, i) => `${4 + 2 * i} 0 R`).join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...pages.flatMap((page, i) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${5 + 2 * i} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
      stream(contentOf(page)),
    ]),
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  return Buffer.from(
    `${text}${table}trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  );
}

function contentOf(page: PdfPage): string {
  if (Array.isArray(page)) return linesOf(page, 11, 16);
  return 'small' in page ? linesOf(page.small, 6, 7) : tableOf(page);
}

function linesOf(lines: string[], size: number, height: number): string {
  return lines.map((line, row) => textAt(line, 50, 790 - height * row, size)).join('\n');
}

/** Every cell has its lines, as what reads tables looks for them. */
function tableOf({ title, rows }: { title: string; rows: string[][] }): string {
  const [width, height, left, top] = [120, 24, 50, 740];
  const cells = rows.flatMap((row, y) =>
    row.flatMap((cell, x) => [
      `${left + x * width} ${top - (y + 1) * height} ${width} ${height} re S`,
      textAt(cell, left + x * width + 6, top - (y + 1) * height + 8, 10),
    ]),
  );
  return [textAt(title, left, 790, 14), '0.8 w', ...cells].join('\n');
}

const textAt = (text: string, x: number, y: number, size: number) =>
  `BT /F1 ${size} Tf ${x} ${y} Td (${escaped(text)}) Tj ET`;

const stream = (text: string) => `<< /Length ${text.length} >>\nstream\n${text}\nendstream`;
const escaped = (text: string) => text.replace(/[\\()]/g, '\\$&');
