/** Everything that uploads need in one process, wired for the form that the backend runs in. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { pgliteOf } from '../db/open.ts';
import type { Db } from '../db/transaction.ts';
import { databaseStore } from '../files/database-store.ts';
import { openDirectoryStore } from '../files/directory-store.ts';
import type { FileStore } from '../files/file-store.ts';
import { referencedFiles } from '../files/references.ts';
import { giveBackAll } from '../jobs/claim.ts';
import { patience as usual } from '../jobs/store.ts';
import type { QueueBackend } from '../queue/backends/backend.ts';
import { pgliteBackend } from '../queue/backends/pglite.ts';
import { postgresBackend } from '../queue/backends/postgres.ts';
import { redisBackend } from '../queue/backends/redis.ts';
import type { Dispatcher } from '../queue/dispatcher.ts';
import { queueDispatcher } from '../queue/queue-dispatcher.ts';
import { startReconciler } from '../queue/reconciler.ts';
import { openScratch } from './scratch.ts';
import { startWorker, type WorkerOptions } from './worker.ts';

export interface UploadsOptions extends Omit<WorkerOptions, 'files' | 'backend' | 'concurrency'> {
  /** Opened; whoever opened it closes it, after these. */
  db: Db;
  /** Where `db` is. */
  place: DatabasePlace;
  /** The queue of a backend whose workers run elsewhere. */
  redisUrl?: string | undefined;
  /** What is written here: originals, where the database is embedded, and files of passage. */
  dataFolder: string;
  /** As many as the machine has cores, and two at least, unless told. */
  concurrency?: number | undefined;
  /**
   * Whether this process makes documents too. Unless told: where there is no Redis, and so no worker elsewhere that has to
   * be reached.
   */
  work?: boolean;
  /** Milliseconds from one look for lost jobs to the next. */
  reconcileEvery?: number;
}

export interface Uploads {
  files: FileStore;
  dispatcher: Dispatcher;
  /** Finishes or gives back what is being worked on. */
  close(): Promise<void>;
}

/** Seconds for which a file is kept that no document refers to: an upload stores the file before the row. */
const grace = 3600;
const sweepEvery = 3600_000;

/** @throws RedisUnusableError, and whatever the database says; nothing that was started is left then */
export async function startUploads(options: UploadsOptions): Promise<Uploads> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    return { ...(await start(options, (closer) => closers.push(closer))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  options: UploadsOptions,
  onClose: (closer: () => Promise<void>) => void,
): Promise<Omit<Uploads, 'close'>> {
  const { db, place, redisUrl, log, patience = usual, work = redisUrl === undefined } = options;
  const scratch = await openScratch(join(options.dataFolder, 'scratch'));
  onClose(scratch.close);
  const files = await openFiles(options, scratch.path);
  onClose(() => files.close());
  const backend = await openQueue(options, work && redisUrl !== undefined);
  onClose(() => backend.close());
  if (!('url' in place)) await giveBackAll(db);
  const dispatcher = queueDispatcher(backend, log);
  onClose(() => dispatcher.close());
  if (work) {
    const ingestion = { ...options.ingestion, scratchFolder: scratch.path };
    const concurrency = options.concurrency ?? Math.max(2, availableParallelism());
    const worker = startWorker({ ...options, ingestion, files, backend, concurrency });
    onClose(() => worker.close());
  }
  const reconciler = startReconciler({
    db,
    log,
    patience,
    send: (lost) => dispatcher.send(lost),
    onFound: (jobs) => options.watch?.foundLost(jobs),
    ...(options.reconcileEvery !== undefined && { every: options.reconcileEvery }),
  });
  onClose(() => reconciler.close());
  onClose(sweepNowAndThen(files, options));
  return { files, dispatcher };
}

/** The one place that chooses where originals are kept. */
export async function openFiles(
  { db, place, dataFolder }: Pick<UploadsOptions, 'db' | 'place' | 'dataFolder'>,
  scratchFolder?: string,
): Promise<FileStore> {
  return 'url' in place ? databaseStore(db, scratchFolder) : openDirectoryStore(join(dataFolder, 'files'));
}

/** The one place that chooses what the queue runs on. */
async function openQueue(
  { db, place, redisUrl, log }: UploadsOptions,
  needed: boolean,
): Promise<QueueBackend> {
  if (redisUrl !== undefined)
    return redisBackend({ url: redisUrl, needed, onUnfit: (error) => log.error({}, error.message) });
  if ('url' in place) return postgresBackend(place.url);
  const pglite = await pgliteOf(db);
  if (!pglite) throw new Error('The database was not opened with openDatabase.');
  return pgliteBackend(pglite);
}

function sweepNowAndThen(files: FileStore, { db, log }: UploadsOptions): () => Promise<void> {
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
