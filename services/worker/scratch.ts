/** A folder for files of passage that goes with its process, however that ends: the next one clears it away. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startOf } from '@banyan/operations/processes/processes.mjs';

export interface Scratch {
  path: string;
  close(): Promise<void>;
}

/** @param folder that all processes which share a disk may share */
export async function openScratch(folder: string): Promise<Scratch> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const [pid = '', start = ''] = name.split('-');
    if (start === '' || encodeURIComponent(startOf(Number(pid))) !== start)
      await rm(join(folder, name), { recursive: true, force: true });
  }
  // One process may open several.
  const path = join(folder, `${process.pid}-${encodeURIComponent(startOf(process.pid))}-${opened++}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path, close: () => rm(path, { recursive: true, force: true }) };
}

let opened = 0;
