/** MuPDF repairs more than pdfplumber does; legacy has no tables in the files that pdfplumber refuses. */
import { readSync } from 'node:fs';

/** How much of the end is searched for the last cross-reference. */
const tail = 64 * 1024;
const piece = 1024 * 1024;
const latin1 = new TextDecoder('latin1');

/**
 * Whether pdfminer finds the document's root in a file that MuPDF had to repair: by a classic trailer, or by a
 * cross-reference stream where the file's end says one is.
 * @param file descriptor of an open file
 */
export function hasReadableRoot(file: number, size: number): boolean {
  const end = read(file, Math.max(0, size - tail), tail);
  const start = /startxref\s+(\d+)/.exec(end.slice(end.lastIndexOf('startxref')))?.[1];
  if (start && /^\s*\d+\s+\d+\s+obj\b.*?\/Type\s*\/XRef.*?stream/s.test(read(file, Number(start), 4096)))
    return true;
  for (let at = 0; at < size; at += piece) {
    // Pieces overlap by as much as a trailer may take.
    const text = read(file, at, piece + 4096);
    if (/(^|[\r\n])trailer\s*<<.{0,4000}?\/Root\b/s.test(text)) return true;
  }
  return false;
}

function read(file: number, at: number, length: number): string {
  const bytes = new Uint8Array(length);
  return latin1.decode(bytes.subarray(0, readSync(file, bytes, 0, length, at)));
}
