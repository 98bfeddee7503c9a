/** Affine maps as PDF writes them, with pdfminer's order of operations: its results are compared to the last bit. */

export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];
export type Point = readonly [x: number, y: number];

export const unit: Matrix = [1, 0, 0, 1, 0, 0];

/** `inner` first, then `outer`. */
export function multiply([a1, b1, c1, d1, e1, f1]: Matrix, [a0, b0, c0, d0, e0, f0]: Matrix): Matrix {
  return [
    a0 * a1 + c0 * b1,
    b0 * a1 + d0 * b1,
    a0 * c1 + c0 * d1,
    b0 * c1 + d0 * d1,
    a0 * e1 + c0 * f1 + e0,
    b0 * e1 + d0 * f1 + f0,
  ];
}

/** Moved by a distance in its own space. */
export function translate([a, b, c, d, e, f]: Matrix, x: number, y: number): Matrix {
  return [a, b, c, d, x * a + y * c + e, x * b + y * d + f];
}

export function apply([a, b, c, d, e, f]: Matrix, [x, y]: Point): Point {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** The upright box around a mapped one: left, bottom, right, top. */
export function applyToBox(
  matrix: Matrix,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): [number, number, number, number] {
  const corners = [
    apply(matrix, [x0, y0]),
    apply(matrix, [x1, y0]),
    apply(matrix, [x1, y1]),
    apply(matrix, [x0, y1]),
  ];
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
