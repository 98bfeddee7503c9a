/** Finds circles: of files, and of folders that lie beside each other. */
import type { Import } from './imports.ts';

/** Who names whom, with one import that shows it. */
export type Graph = Map<string, Map<string, Import>>;

export function fileGraph(imports: readonly Import[]): Graph {
  return graphOf(imports, (file) => file);
}

/** The graph of the folders directly below `parent` (`''` is the root). */
export function folderGraph(imports: readonly Import[], parent: string): Graph {
  const prefix = parent ? `${parent}/` : '';
  return graphOf(imports, (file) => {
    if (!file.startsWith(prefix)) return undefined;
    const [folder, below] = file.slice(prefix.length).split('/');
    return below === undefined ? undefined : folder;
  });
}

/** Every folder that files lie in, or in a folder of, the root included. */
export function parentsOf(files: readonly string[]): string[] {
  const parents = new Set<string>();
  for (const file of files)
    for (let end = file.lastIndexOf('/'); ; end = file.lastIndexOf('/', end - 1)) {
      parents.add(end > 0 ? file.slice(0, end) : '');
      if (end <= 0) break;
    }
  return [...parents].sort();
}

function graphOf(imports: readonly Import[], nodeOf: (file: string) => string | undefined): Graph {
  const graph: Graph = new Map();
  for (const one of imports) {
    const from = nodeOf(one.from);
    const to = nodeOf(one.to);
    if (from === undefined || to === undefined || from === to) continue;
    const edges = graph.get(from) ?? new Map<string, Import>();
    graph.set(from, edges);
    if (!edges.has(to)) edges.set(to, one);
  }
  return graph;
}

/** A shortest circle of each knot, as the imports that close it; none where there is no circle. */
export function shortestCycles(graph: Graph): Import[][] {
  const found: Import[][] = [];
  const told = new Set<string>();
  const circles = [...graph.keys()]
    .map((start) => shortestFrom(graph, start))
    .filter((circle) => circle !== undefined)
    .sort((a, b) => a.nodes.length - b.nodes.length);
  for (const { nodes, imports } of circles) {
    if (nodes.some((node) => told.has(node))) continue;
    for (const node of nodes) told.add(node);
    found.push(imports);
  }
  return found;
}

/** The shortest way from a node back to itself, breadth first. */
function shortestFrom(graph: Graph, start: string): { nodes: string[]; imports: Import[] } | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const node of queue)
    for (const next of graph.get(node)?.keys() ?? []) {
      if (next === start) {
        const nodes = [node];
        for (let at = node; at !== start; ) {
          at = cameFrom.get(at) ?? start;
          nodes.unshift(at);
        }
        return { nodes, imports: along(graph, [...nodes, start]) };
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  return undefined;
}

const along = (graph: Graph, nodes: readonly string[]) =>
  nodes.slice(1).flatMap((node, index) => graph.get(nodes[index] ?? '')?.get(node) ?? []);

/** The circle as a reader needs it: each import that keeps it closed. */
export const told = (where: string, circle: readonly Import[]): string =>
  [
    `a circle of ${circle.length} ${where}:`,
    ...circle.map(({ from, line, to, text }) => `    ${from}:${line} → ${to}  (${text})`),
  ].join('\n');
