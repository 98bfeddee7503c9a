/**
 * What a table is found in: characters and straight strokes, in pdfplumber's coordinates (points, the origin in the upper
 * left corner, y downwards). All sums are taken in the order in which pdfplumber takes them: two strokes are on one line
 * when their positions are the same double.
 */

export interface Char {
  text: string;
  x0: number;
  x1: number;
  top: number;
  bottom: number;
  /** Level and not mirrored. */
  upright: boolean;
}

export interface Edge {
  x0: number;
  x1: number;
  top: number;
  bottom: number;
  width: number;
  height: number;
  orientation: 'h' | 'v';
}

export interface PageObjects {
  chars: Char[];
  /** Those of lines first, then of rectangles, then of other paths. */
  edges: Edge[];
}

/** Left, top, right, bottom. */
export type Box = readonly [x0: number, top: number, x1: number, bottom: number];

/** pdfplumber's `cluster_objects`: groups whose values lie within the tolerance of a neighbour's, by rising value; order is kept within a group. */
export function cluster<T>(items: readonly T[], value: (item: T) => number, tolerance: number): T[][] {
  const groupOf = new Map<number, number>();
  let last = Number.NaN;
  let group = -1;
  for (const position of [...new Set(items.map(value))].sort((a, b) => a - b)) {
    if (!(position <= last + tolerance)) group++;
    groupOf.set(position, group);
    last = position;
  }
  const groups: T[][] = Array.from({ length: group + 1 }, () => []);
  for (const item of items) groups[groupOf.get(value(item)) ?? 0]?.push(item);
  return groups;
}
