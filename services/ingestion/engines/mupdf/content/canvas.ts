/** Collects what a content stream draws, sorted into lines, rectangles and other paths as pdfminer and pdfplumber do. */
import type { Char, Edge, PageObjects } from '../../../tables/objects.ts';
import type { PdfFont } from './font.ts';
import { apply, applyToBox, type Matrix, type Point } from './matrix.ts';

/** Operators `m l c v y h`, each with the point where it ends; `h` has none. */
export interface Segment {
  operator: 'm' | 'l' | 'c' | 'v' | 'y' | 'h';
  end: Point | undefined;
}

/** How pdfminer's coordinates, from the lower left corner, become pdfplumber's. */
export interface PageGeometry {
  left: number;
  /** Added to y once it runs downwards. */
  top: number;
  height: number;
}

export interface Glyph {
  font: PdfFont;
  code: number;
  /** Text space to the page's, at the glyph's origin. */
  matrix: Matrix;
  size: number;
  /** Horizontal scaling, 1 unless told. */
  scaling: number;
  rise: number;
}

export class Canvas {
  readonly #chars: Char[] = [];
  readonly #lines: Edge[] = [];
  readonly #rectangles: Edge[] = [];
  readonly #curves: Edge[] = [];
  readonly #page: PageGeometry;

  constructor(page: PageGeometry) {
    this.#page = page;
  }

  objects(): PageObjects {
    return { chars: this.#chars, edges: [...this.#lines, ...this.#rectangles, ...this.#curves] };
  }

  /** @returns how far the next glyph is, in text space */
  glyph({ font, code, matrix, size, scaling, rise }: Glyph): number {
    const advance = font.width(code) * size * scaling;
    let box: [number, number, number, number];
    if (font.vertical) {
      const { x, y } = font.displacement(code);
      const left = x === undefined ? size * 0.5 : x * size * 0.001;
      const down = (1000 - y) * size * 0.001;
      box = [-left, down + rise + advance, -left + size, down + rise];
    } else {
      const descent = font.descent * size;
      box = [0, descent + rise, advance, descent + rise + size];
    }
    const [a, b, c, d] = matrix;
    const [x0, y0, x1, y1] = applyToBox(matrix, box);
    const { left, top, height } = this.#page;
    this.#chars.push({
      text: font.text(code),
      x0: x0 + left,
      x1: x1 + left,
      top: height - y1 + top,
      bottom: height - y0 + top,
      upright: a * d * scaling > 0 && b * c <= 0,
    });
    return advance;
  }

  path(path: readonly Segment[], ctm: Matrix): void {
    if (path[0]?.operator !== 'm') return;
    for (let start = 0; start < path.length; ) {
      let end = start + 1;
      while (end < path.length && path[end]?.operator !== 'm') end++;
      // One that is moved to and left is dropped where there are others.
      if (end - start > 1 || end - start === path.length) this.#subpath(path.slice(start, end), ctm);
      start = end;
    }
  }

  #subpath(path: Segment[], ctm: Matrix): void {
    const origin = path[0]?.end ?? [0, 0];
    const points = path.map(({ end }) => apply(ctm, end ?? origin));
    let shape = path.map(({ operator }) => operator).join('');
    if (shape.length > 3 && shape.endsWith('lh') && same(points.at(-2), points[0])) {
      shape = `${shape.slice(0, -2)}h`;
      points.pop();
    }
    if (shape === 'ml' || shape === 'mlh') this.#line(points);
    else if ((shape === 'mlllh' || shape === 'mllll') && isRectangle(points)) this.#rectangle(points);
    else this.#curve(points);
  }

  #line(points: Point[]): void {
    const edge = this.#bounds(points.slice(0, 2));
    this.#lines.push({ ...edge, orientation: edge.top === edge.bottom ? 'h' : 'v' });
  }

  #rectangle(points: Point[]): void {
    const box = this.#bounds([points[0] ?? [0, 0], points[2] ?? [0, 0]]);
    const low = box.top + box.height;
    this.#rectangles.push(
      { ...box, height: 0, bottom: box.top, orientation: 'h' },
      { ...box, height: 0, top: low, orientation: 'h' },
      { ...box, width: 0, x1: box.x0, orientation: 'v' },
      { ...box, width: 0, x0: box.x1, orientation: 'v' },
    );
  }

  #curve(points: Point[]): void {
    const { left, top, height } = this.#page;
    const placed = points.map(([x, y]): Point => [left + x, top + height - y]);
    for (const [index, [x1, y1]] of placed.entries()) {
      const [x0, y0] = placed[index - 1] ?? [];
      if (x0 === undefined || y0 === undefined || (x0 !== x1 && y0 !== y1)) continue;
      this.#curves.push({
        x0: Math.min(x0, x1),
        x1: Math.max(x0, x1),
        top: Math.min(y0, y1),
        bottom: Math.max(y0, y1),
        width: Math.abs(x0 - x1),
        height: Math.abs(y0 - y1),
        orientation: x0 === x1 ? 'v' : 'h',
      });
    }
  }

  #bounds(points: Point[]): Omit<Edge, 'orientation'> {
    const { left, top, height } = this.#page;
    const [x0, x1] = [Math.min(...points.map(([x]) => x)), Math.max(...points.map(([x]) => x))];
    const [y0, y1] = [Math.min(...points.map(([, y]) => y)), Math.max(...points.map(([, y]) => y))];
    return {
      x0: x0 + left,
      x1: x1 + left,
      top: height - y1 + top,
      bottom: height - y0 + top,
      width: x1 - x0,
      height: y1 - y0,
    };
  }
}

function same(a: Point | undefined, b: Point | undefined): boolean {
  return a?.[0] === b?.[0] && a?.[1] === b?.[1];
}

/** Closed, with square corners, to the last bit. */
function isRectangle([p0, p1, p2, p3, p4]: Point[]): boolean {
  if (!p0 || !p1 || !p2 || !p3 || !same(p0, p4)) return false;
  return (
    (p0[0] === p1[0] && p1[1] === p2[1] && p2[0] === p3[0] && p3[1] === p0[1]) ||
    (p0[1] === p1[1] && p1[0] === p2[0] && p2[1] === p3[1] && p3[0] === p0[0])
  );
}
