/** Both halves of an upload in one process, wired for the form that the backend runs in: what takes it, and what makes the document. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Closers, closedOnFailure } from '@banyan/operations/closers.ts';
import type { Db } from './db/transaction.ts';
import type { FileStore } from './files/file-store.ts';
import { type FilesPlace, openFiles } from './files/open-files.ts';
import { sweepNowAndThen } from './files/sweep.ts';
import { giveBackAll } from './jobs/claim.ts';
import { patience as usual } from './jobs/store.ts';
import type { Dispatcher } from './queue/dispatcher.ts';
import { openQueue, type QueuePlace } from './queue/open-queue.ts';
import { queueDispatcher } from './queue/queue-dispatcher.ts';
import { startReconciler } from './queue/reconciler.ts';
import { openScratch } from './worker/scratch.ts';
import { startWorker, type WorkerOptions } from './worker/worker.ts';

export interface UploadsOptions
  extends FilesPlace,
    QueuePlace,
    Omit<WorkerOptions, 'files' | 'backend' | 'concurrency'> {
  /** Opened; whoever opened it closes it, after these. */
  db: Db;
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

/** @throws RedisUnusableError, and whatever the database says; nothing that was started is left then */
export function startUploads(options: UploadsOptions): Promise<Uploads> {
  return closedOnFailure((closers) => start(options, closers));
}

async function start(options: UploadsOptions, closers: Closers): Promise<Uploads> {
  const { db, place, redisUrl, log, patience = usual, work = redisUrl === undefined } = options;
  const scratch = closers.use(await openScratch(join(options.dataFolder, 'scratch')));
  const files = closers.use(await openFiles(options, scratch.path));
  const backend = closers.use(await openQueue(options, work && redisUrl !== undefined));
  if (!('url' in place)) await giveBackAll(db);
  const dispatcher = closers.use(queueDispatcher(backend, log));
  if (work) {
    const ingestion = { ...options.ingestion, scratchFolder: scratch.path };
    const concurrency = options.concurrency ?? Math.max(2, availableParallelism());
    closers.use(startWorker({ ...options, ingestion, files, backend, concurrency }));
  }
  closers.use(
    startReconciler({
      db,
      log,
      patience,
      send: (lost) => dispatcher.send(lost),
      onFound: (jobs) => options.watch?.foundLost(jobs),
      ...(options.reconcileEvery !== undefined && { every: options.reconcileEvery }),
    }),
  );
  closers.defer(sweepNowAndThen(files, options));
  return { files, dispatcher, close: closers.close };
}
