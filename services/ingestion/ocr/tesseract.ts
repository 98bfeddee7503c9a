/** Reads pictures with Tesseract, called as pytesseract 0.3.13 calls it, so that its answer is the same. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withoutResolution } from './png.ts';

const run = promisify(execFile);

/**
 * @param tesseract the program
 * @param folder for its files; nobody else writes there
 * @returns a reader of PNGs
 */
export function tesseractReader(
  tesseract: string,
  folder: string,
): (png: Uint8Array, page: number) => Promise<string> {
  return async (png, page) => {
    const base = join(folder, `page-${page}`);
    const input = `${base}_input.PNG`;
    await writeFile(input, withoutResolution(png));
    await run(tesseract, [input, base, 'txt']);
    return readFile(`${base}.txt`, 'utf8');
  };
}
