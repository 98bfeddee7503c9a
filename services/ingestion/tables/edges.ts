/** Strokes that nearly lie on one line are put on it; those that nearly touch on it become one. pdfplumber's `merge_edges`. */
import { cluster, type Edge } from './objects.ts';

/** Points; pdfplumber's defaults. */
const snapTolerance = 3;
const joinTolerance = 3;
const leastLengthBefore = 1;
const leastLengthAfter = 3;

export function mergeEdges(edges: readonly Edge[]): Edge[] {
  const long = (least: number) => (edge: Edge) =>
    (edge.orientation === 'v' ? edge.height : edge.width) >= least;
  const usable = edges.filter(long(leastLengthBefore));
  const horizontal = snapped(
    usable.filter(({ orientation }) => orientation === 'h'),
    'top',
  );
  const vertical = snapped(
    usable.filter(({ orientation }) => orientation === 'v'),
    'x0',
  );
  return [
    ...onOneLine(horizontal, 'top').flatMap((line) => joined(line, 'x0', 'x1')),
    ...onOneLine(vertical, 'x0').flatMap((line) => joined(line, 'top', 'bottom')),
  ].filter(long(leastLengthAfter));
}

function snapped(edges: Edge[], position: 'top' | 'x0'): Edge[] {
  return cluster(edges, (edge) => edge[position], snapTolerance).flatMap((group) => {
    const mean = group.reduce((sum, edge) => sum + edge[position], 0) / group.length;
    return group.map((edge) => {
      const shift = mean - edge[position];
      return position === 'x0'
        ? { ...edge, x0: edge.x0 + shift, x1: edge.x1 + shift }
        : { ...edge, top: edge.top + shift, bottom: edge.bottom + shift };
    });
  });
}

/** Groups of the very same position, by rising position. */
function onOneLine(edges: Edge[], position: 'top' | 'x0'): Edge[][] {
  const lines = new Map<number, Edge[]>();
  for (const edge of edges) {
    const line = lines.get(edge[position]);
    if (line) line.push(edge);
    else lines.set(edge[position], [edge]);
  }
  return [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
}

function joined(line: Edge[], from: 'x0' | 'top', to: 'x1' | 'bottom'): Edge[] {
  const result: Edge[] = [];
  for (const edge of [...line].sort((a, b) => a[from] - b[from])) {
    const last = result.at(-1);
    if (!last || edge[from] > last[to] + joinTolerance) result.push(edge);
    else if (edge[to] > last[to])
      result[result.length - 1] =
        to === 'x1'
          ? { ...last, x1: edge.x1, width: edge.x1 - last.x0 }
          : { ...last, bottom: edge.bottom, height: last.height + (edge.bottom - last.bottom) };
  }
  return result;
}
