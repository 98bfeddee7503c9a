/** Parts that are started one after the other, in a folder of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Closers, closedOnFailure } from '@banyan/operations/closers.ts';

/**
 * @param name of the folder, which is gone at the end
 * @param start tells what takes away again what it has started, so that nothing stays where it fails
 */
export function startApart<Parts extends object>(
  name: string,
  start: (folder: string, closers: Closers) => Promise<Parts>,
): Promise<Parts & { close(): Promise<void> }> {
  return closedOnFailure(async (closers) => {
    const folder = await mkdtemp(join(tmpdir(), `banyan-${name}-`));
    closers.defer(() => rm(folder, { recursive: true, force: true }));
    return Object.assign(await start(folder, closers), { close: closers.close });
  });
}
