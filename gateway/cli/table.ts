/** Tables for a terminal. */

export interface Column {
  title: string;
  /** May be cut short, with `…`, where the table is too wide. */
  shrinks?: boolean;
}

/** Lines of a table that is at most `width` wide as far as columns that may shrink allow. `paint` colours a cell after it was measured. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: (text: string, column: number, row: number | 'title') => string,
): string[] {
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const gaps = 2 * (columns.length - 1);
  let excess = widths.reduce((sum, w) => sum + w, gaps) - width;
  for (const [i, column] of columns.entries()) {
    if (!column.shrinks || excess <= 0) continue;
    const cut = Math.min(excess, Math.max(0, (widths[i] ?? 0) - 8));
    widths[i] = (widths[i] ?? 0) - cut;
    excess -= cut;
  }
  const line = (cells: readonly string[], row: number | 'title') =>
    cells
      .map((cell, i) => {
        const text = fitted(cell, widths[i] ?? 0);
        return paint(i === cells.length - 1 ? text.trimEnd() : text, i, row);
      })
      .join('  ')
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      'title',
    ),
    ...rows.map((row, i) => line(row, i)),
  ];
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

/** Lines of at most `width` characters, broken at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}

/** The same, each line behind `before`, in `width` characters with it. */
export const wrapped = (text: string, width: number, before: string): string[] =>
  wrap(text, width - before.length).map((line) => `${before}${line}`);

/** The first keys of several, each with its reason, and how many more there are. */
export function keyReasons(
  { count, first }: { count: number; first: readonly { key: string; reason: string }[] },
  width: number,
): string[] {
  const more = count - first.length;
  return [
    ...first.map(({ key, reason }) => `${key}: ${reason}`),
    ...(more > 0 ? [`… and ${more.toLocaleString('en-US')} more`] : []),
  ].flatMap((text) => wrapped(text, width, '  '));
}

/** `2026-01-31 09:15:00`, local time. */
export function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
