/** Predictors of streams (ISO 32000-1, 7.4.4.4) as pdfminer 20250506 undoes them, its limits included. */

export interface PixelLayout {
  colors: number;
  columns: number;
  bits: number;
}

export function undoTiffPrediction(data: Uint8Array, { colors, columns, bits }: PixelLayout): Uint8Array {
  if (bits !== 8) throw new Error(`components of ${bits} bits`);
  const row = columns * colors;
  if (row < 1 || data.length % row) throw new Error('a row is cut off');
  const out = Uint8Array.from(data);
  for (let i = 0; i < out.length; i++) if (i % row >= colors) out[i] = (out[i] ?? 0) + (out[i - colors] ?? 0);
  return out;
}

export function undoPngPrediction(data: Uint8Array, { colors, columns, bits }: PixelLayout): Uint8Array {
  if (bits !== 8 && bits !== 1) throw new Error(`components of ${bits} bits`);
  const length = Math.floor((colors * columns * bits) / 8);
  const pixel = Math.floor((colors * bits) / 8);
  const rows: Uint8Array[] = [];
  // pdfminer takes a byte a column for the row before the first one, however many a pixel has.
  let above: Uint8Array = new Uint8Array(Math.max(0, columns));
  for (let start = 0; start < data.length; start += length + 1) {
    above = undoRow(data[start] ?? 0, data.subarray(start + 1, start + 1 + length), above, pixel);
    rows.push(above);
  }
  return Buffer.concat(rows);
}

function undoRow(filter: number, encoded: Uint8Array, above: Uint8Array, pixel: number): Uint8Array {
  const size = filter === 2 ? Math.min(encoded.length, above.length) : encoded.length;
  if (filter > 2 && above.length < size) throw new Error('the row above is too short');
  const row = new Uint8Array(size);
  const before = (from: Uint8Array, i: number) => (i < pixel ? 0 : (from[i - pixel] ?? 0));
  const predict = (i: number): number => {
    const [left, up, corner] = [before(row, i), above[i] ?? 0, before(above, i)];
    if (filter === 0) return 0;
    if (filter === 1) return left;
    if (filter === 2) return up;
    if (filter === 3) return (left + up) >> 1;
    if (filter === 4) return nearest(left, up, corner);
    throw new Error(`there is no predictor ${filter} for a row`);
  };
  for (let i = 0; i < size; i++) row[i] = (encoded[i] ?? 0) + predict(i);
  if (filter > 4) throw new Error(`there is no predictor ${filter} for a row`);
  return row;
}

/** Paeth's. */
function nearest(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(estimate - value));
  if (Number(toLeft) <= Number(toUp) && Number(toLeft) <= Number(toCorner)) return left;
  return Number(toUp) <= Number(toCorner) ? up : corner;
}
