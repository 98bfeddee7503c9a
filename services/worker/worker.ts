/** Makes documents out of uploads: takes dispatches from the queue, and finds in the database what the queue has lost. */
import { type Dispatch, type Patience, patience as usual } from '../jobs/store.ts';
import type { QueueBackend } from '../queue/backends/backend.ts';
import { startConsumer } from '../queue/consumer.ts';
import { Lanes } from './lanes.ts';
import { lowerPriority } from './priority.ts';
import { processUpload, type Workshop } from './process-upload.ts';

export interface WorkerOptions extends Omit<Workshop, 'patience' | 'heartbeatEvery'> {
  backend: QueueBackend;
  /** Fresh uploads at once; four times as many that take long go on beside them. */
  concurrency: number;
  patience?: Patience;
  heartbeatEvery?: number;
  /** Milliseconds that `close` waits for uploads before it gives them back. */
  closeWithin?: number;
}

export interface UploadWorker {
  /** Takes no more uploads; finishes those that are nearly done, gives back the others. */
  close(): Promise<void>;
}

/** Milliseconds: as long as anybody may be held up by the upload before. */
const longAfter = 700;

export function startWorker(options: WorkerOptions): UploadWorker {
  const {
    backend,
    concurrency,
    log,
    patience = usual,
    heartbeatEvery = 10_000,
    closeWithin = 5000,
  } = options;
  const workshop = { ...options, patience, heartbeatEvery };
  const lanes = new Lanes({ longAfter, long: 4 * concurrency });
  const working = new Set<Promise<void>>();
  const closing = new AbortController();
  const take = (dispatch: Dispatch) => {
    let pid: number | undefined;
    let long = false;
    const stepBack = () => {
      if (long && pid) lowerPriority(pid);
    };
    const work = processUpload(workshop, dispatch, {
      closing: closing.signal,
      onSpawn: (child) => {
        pid = child;
        stepBack();
      },
    });
    working.add(work);
    void work.finally(() => working.delete(work));
    return lanes.run(work, () => {
      long = true;
      stepBack();
    });
  };
  const consumer = startConsumer({ backend, concurrency, take, log });
  return {
    async close() {
      const over = setTimeout(() => closing.abort(), closeWithin);
      await consumer.close();
      await Promise.all(working);
      clearTimeout(over);
      closing.abort();
    },
  };
}
