/** Takes dispatches out of the queue. */
import type { Dispatch } from '../jobs/store.ts';
import type { QueueBackend, RunningWorker } from './backends/backend.ts';
import type { Log } from './log.ts';

export interface ConsumerOptions {
  backend: QueueBackend;
  /** Dispatches that are taken at the same time, and not yet done. */
  concurrency: number;
  /** Resolves when the queue has nothing more to do with it. It never throws. */
  take(dispatch: Dispatch): Promise<void>;
  log: Log;
  /** Milliseconds for which dispatches may wait beside an idle worker before it is taken for deaf. */
  deafAfter?: number;
}

export interface Consumer {
  /** Takes nothing more; what it has taken goes on. */
  close(): Promise<void>;
}

/**
 * Delivery is at least once, and a second one costs a query, so a lost lock is no harm and dispatches of a dead worker come
 * up again soon.
 */
const timing = { lockDuration: 10_000, stalledInterval: 5000, maxStalledCount: 1000, runRetryDelay: 1000 };
const looks = 5;

/** A worker that hears nothing after its server came back was seen in several versions of BullMQ: a new one takes its place. */
export function startConsumer(options: ConsumerOptions): Consumer {
  const { backend, concurrency, take, log, deafAfter = 5000 } = options;
  let taken = 0;
  let active = 0;
  const start = (): RunningWorker =>
    backend.work(
      async ({ data }) => {
        taken++;
        active++;
        try {
          await take(data);
        } finally {
          active--;
        }
      },
      { concurrency, ...timing },
    );
  let running = start();
  let [takenBefore, deafLooks] = [0, 0];
  let closed = false;
  let looking = Promise.resolve();
  const look = async () => {
    const idle = active < concurrency && taken === takenBefore;
    takenBefore = taken;
    deafLooks = idle && (await someWait(backend)) ? deafLooks + 1 : 0;
    if (deafLooks < looks || closed) return;
    deafLooks = 0;
    log.warn({}, `The worker did not hear of uploads in ${backend.name}; another takes its place.`);
    const deaf = running;
    running = start();
    await deaf.end();
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, deafAfter / looks);
  return {
    async close() {
      closed = true;
      clearInterval(timer);
      await looking;
      await running.end();
    },
  };
}

async function someWait(backend: QueueBackend): Promise<boolean> {
  try {
    return backend.ready() && (await backend.waiting()) > 0;
  } catch {
    return false;
  }
}
