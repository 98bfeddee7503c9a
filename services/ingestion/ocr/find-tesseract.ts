import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** @returns the program, where the PATH has it; legacy reads scans where it does */
export function findTesseract(path: string = process.env.PATH ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'tesseract'))
    .find((program) => existsSync(program));
}
