/** A stamp is written last, into what was made: where there is none, or another one, the thing is made anew. */
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

export type Stamp = Record<string, string | number>;

const name = '.banyan.json';

/** The stamp of a folder; undefined where it has none, or a broken one. */
export async function readStamp(folder: string): Promise<Stamp | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, name), 'utf8')) as Stamp;
  } catch {
    return undefined;
  }
}

/** Whether the folder's stamp has these values. */
export async function hasStamp(folder: string, values: Stamp): Promise<boolean> {
  const stamp = await readStamp(folder);
  return (
    stamp !== undefined && Object.keys(values).every((key) => isDeepStrictEqual(stamp[key], values[key]))
  );
}

export async function writeStamp(folder: string, stamp: Stamp): Promise<void> {
  const draft = join(folder, `${name}.${process.pid}`);
  await writeFile(draft, `${JSON.stringify(stamp, null, 2)}\n`);
  await rename(draft, join(folder, name));
}

/** One digest over the bytes of several files. */
export async function digestOf(files: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex');
}
