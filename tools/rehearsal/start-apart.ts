/** Parts that are started one after the other, in a folder of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What takes each part away again, in the order in which they were started. */
export type Closers = (() => Promise<unknown>)[];

/**
 * @param name of the folder, which is gone at the end
 * @param start tells what takes away again what it has started, so that nothing stays where it fails
 */
export async function startApart<Parts extends object>(
  name: string,
  start: (folder: string, closers: Closers) => Promise<Parts>,
): Promise<Parts & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `banyan-${name}-`));
  const closers: Closers = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    return Object.assign(await start(folder, closers), { close });
  } catch (error) {
    await close();
    throw error;
  }
}
