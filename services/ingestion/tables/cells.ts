/** Where strokes cross, the smallest cells between crossings, and the tables that touching cells make. */
import type { Box, Edge } from './objects.ts';

const intersectionTolerance = 3;

/** A crossing, with numbers for the strokes that meet there; strokes with the same box have the same number. */
interface Crossing {
  x: number;
  top: number;
  vertical: Set<number>;
  horizontal: Set<number>;
}

/** pdfplumber's `edges_to_intersections` and `intersections_to_cells`. */
export function findCells(edges: readonly Edge[]): Box[] {
  const columns = crossings(edges);
  const points = [...columns.values()]
    .flatMap((column) => [...column.values()])
    .sort((a, b) => a.x - b.x || a.top - b.top);
  const byX = Map.groupBy(points, ({ x }) => x);
  const byTop = Map.groupBy(points, ({ top }) => top);
  const cells: Box[] = [];
  for (const point of points) {
    const cell = smallestCell(point, columns, byX, byTop);
    if (cell) cells.push(cell);
  }
  return cells;
}

function crossings(edges: readonly Edge[]): Map<number, Map<number, Crossing>> {
  const numbers = new Map<string, number>();
  const numberOf = ({ x0, top, x1, bottom }: Edge) => {
    const box = `${x0} ${top} ${x1} ${bottom}`;
    const number = numbers.get(box) ?? numbers.size;
    numbers.set(box, number);
    return number;
  };
  const found = new Map<number, Map<number, Crossing>>();
  const horizontal = edges
    .filter(({ orientation }) => orientation === 'h')
    .map((edge) => ({ edge, number: numberOf(edge) }));
  for (const v of edges) {
    if (v.orientation !== 'v') continue;
    const number = numberOf(v);
    for (const { edge: h, number: other } of horizontal) {
      if (
        v.top > h.top + intersectionTolerance ||
        v.bottom < h.top - intersectionTolerance ||
        v.x0 < h.x0 - intersectionTolerance ||
        v.x0 > h.x1 + intersectionTolerance
      )
        continue;
      const column = found.get(v.x0) ?? new Map<number, Crossing>();
      found.set(v.x0, column);
      const crossing = column.get(h.top) ?? {
        x: v.x0,
        top: h.top,
        vertical: new Set(),
        horizontal: new Set(),
      };
      column.set(h.top, crossing);
      crossing.vertical.add(number);
      crossing.horizontal.add(other);
    }
  }
  return found;
}

function smallestCell(
  point: Crossing,
  columns: Map<number, Map<number, Crossing>>,
  byX: Map<number, Crossing[]>,
  byTop: Map<number, Crossing[]>,
): Box | undefined {
  const below = (byX.get(point.x) ?? []).filter(({ top }) => top > point.top);
  const right = (byTop.get(point.top) ?? []).filter(({ x }) => x > point.x);
  for (const under of below) {
    if (!connected(point, under)) continue;
    for (const beside of right) {
      if (!connected(point, beside)) continue;
      const corner = columns.get(beside.x)?.get(under.top);
      if (corner && connected(corner, beside) && connected(corner, under))
        return [point.x, point.top, corner.x, corner.top];
    }
  }
  return undefined;
}

function connected(a: Crossing, b: Crossing): boolean {
  if (a.x === b.x && share(a.vertical, b.vertical)) return true;
  return a.top === b.top && share(a.horizontal, b.horizontal);
}

function share(a: Set<number>, b: Set<number>): boolean {
  for (const number of a) if (b.has(number)) return true;
  return false;
}

/** pdfplumber's `cells_to_tables`: cells that share corners; single cells are no table; from top to bottom, then left to right. */
export function groupCells(cells: readonly Box[]): Box[][] {
  const tables: Box[][] = [];
  let remaining = [...cells];
  while (remaining.length) {
    const corners = new Set<string>();
    const table: Box[] = [];
    for (let grown = true; grown; ) {
      grown = false;
      const rest: Box[] = [];
      for (const cell of remaining) {
        if (table.length && !cornersOf(cell).some((corner) => corners.has(corner))) {
          rest.push(cell);
          continue;
        }
        for (const corner of cornersOf(cell)) corners.add(corner);
        table.push(cell);
        grown = true;
      }
      remaining = rest;
    }
    if (table.length > 1) tables.push(table);
  }
  const first = (table: Box[]) => {
    const top = Math.min(...table.map((cell) => cell[1]));
    return { top, x0: Math.min(...table.filter((cell) => cell[1] === top).map(([x0]) => x0)) };
  };
  return tables
    .map((table) => ({ table, at: first(table) }))
    .sort((a, b) => a.at.top - b.at.top || a.at.x0 - b.at.x0)
    .map(({ table }) => table);
}

function cornersOf([x0, top, x1, bottom]: Box): string[] {
  return [`${x0} ${top}`, `${x0} ${bottom}`, `${x1} ${top}`, `${x1} ${bottom}`];
}
