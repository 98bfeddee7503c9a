/** Removes files that no document refers to, now and then. */
import type { Db } from '../db/transaction.ts';
import type { Log } from '../queue/log.ts';
import type { FileStore } from './file-store.ts';
import { referencedFiles } from './references.ts';

/** Seconds for which a file is kept that no document refers to: an upload stores the file before the row. */
const grace = 3600;
/** In milliseconds. */
const sweepEvery = 3600_000;

/** @returns what ends it, once a sweep that has begun is over */
export function sweepNowAndThen(files: FileStore, { db, log }: { db: Db; log: Log }): () => Promise<void> {
  let sweeping = Promise.resolve();
  const sweep = async () => {
    try {
      const count = await files.sweep(grace, (hashes) => referencedFiles(db, hashes));
      if (count > 0) log.info({ count }, 'Removed files that no document needs any more.');
    } catch (error) {
      log.warn({ error: String(error) }, 'Files that nobody needs could not be removed.');
    }
  };
  const timer = setInterval(() => {
    sweeping = sweep();
  }, sweepEvery);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}
