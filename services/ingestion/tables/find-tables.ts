/**
 * The tables of a page, as pdfplumber 0.11.7 finds and reads them with its default settings: by the strokes that are
 * drawn, not by how text is aligned.
 */

import { cellText } from './cell-text.ts';
import { findCells, groupCells } from './cells.ts';
import { mergeEdges } from './edges.ts';
import type { Box, Char, PageObjects } from './objects.ts';
import type { Table } from './table.ts';

export function findTables({ chars, edges }: PageObjects): Table[] {
  return groupCells(findCells(mergeEdges(edges))).map((cells) => readTable(cells, chars));
}

function readTable(cells: Box[], chars: Char[]): Table {
  const columns = [...new Set(cells.map(([x0]) => x0))].sort((a, b) => a - b);
  const rows = Map.groupBy(cells, ([, top]) => top);
  return [...rows]
    .sort(([a], [b]) => a - b)
    .map(([, row]) => {
      const inRow = within(chars, [
        Math.min(...row.map(([x0]) => x0)),
        Math.min(...row.map(([, top]) => top)),
        Math.max(...row.map(([, , x1]) => x1)),
        Math.max(...row.map(([, , , bottom]) => bottom)),
      ]);
      const byColumn = new Map(row.map((cell) => [cell[0], cell]));
      return columns.map((x0) => {
        const cell = byColumn.get(x0);
        return cell ? cellText(within(inRow, cell)) : null;
      });
    });
}

/** Characters whose middle is in the box. */
function within(chars: Char[], [x0, top, x1, bottom]: Box): Char[] {
  return chars.filter((char) => {
    const y = (char.top + char.bottom) / 2;
    const x = (char.x0 + char.x1) / 2;
    return x >= x0 && x < x1 && y >= top && y < bottom;
  });
}
