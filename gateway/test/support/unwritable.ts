/** A flag file that cannot be written, by root neither. */
import { mkdirSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** So many writes of this process fail, of whatever file. */
const writes = 300;

/**
 * Puts folders in the places of the temporary files by which a file is replaced, as a read-only mount would refuse them.
 * @returns what takes them away
 */
export function makeUnwritable(file: string): () => void {
  const places = Array.from({ length: writes }, (_, n) =>
    join(dirname(file), `.${basename(file)}.${process.pid}.${n + 1}.tmp`),
  );
  for (const place of places) mkdirSync(place);
  return () => {
    for (const place of places) rmdirSync(place);
  };
}
