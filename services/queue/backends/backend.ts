/** What BullMQ runs on. Dispatcher and consumer know nothing of which one it is. */
import { inTime } from '@banyan/operations/in-time.ts';
import type { BulkJobOptions, WorkerOptions } from 'bullmq';
import type { Dispatch } from '../../jobs/store.ts';

/** One queue for all uploads; also the name that its keys and rows carry. */
export const queueName = 'uploads';

export type Take = (job: { data: Dispatch }) => Promise<void>;

export interface QueueBackend {
  /** Names it in logs; never with a password. */
  name: string;
  /** Whether what is sent now has a chance to arrive. */
  ready(): boolean;
  /** @throws where it did not arrive */
  send(dispatches: readonly Dispatch[]): Promise<unknown>;
  /** How many dispatches nobody has taken. */
  waiting(): Promise<number>;
  /** A new worker each time, on connections of its own. */
  work(take: Take, options: Omit<WorkerOptions, 'connection'>): RunningWorker;
  /** Workers are ended before. */
  close(): Promise<void>;
}

export interface RunningWorker {
  /** Takes nothing any more, and does not wait for what it has taken. */
  end(): Promise<void>;
}

/** As BullMQ takes them. An id that is in the queue is left as it is: an attempt waits there once, however often it is sent. */
export function bulk(
  dispatches: readonly Dispatch[],
): { name: string; data: Dispatch; opts: BulkJobOptions }[] {
  return dispatches.map((data) => ({
    name: 'upload',
    data,
    opts: { jobId: `${data.jobId}-${data.attempt}` },
  }));
}

/** Where nobody looks at finished jobs: the row in PostgreSQL says all of it. Little is kept of events either. */
export const queueOptions = {
  defaultJobOptions: { removeOnComplete: true, removeOnFail: true, stackTraceLimit: 0 },
  streams: { events: { maxLen: 100 } },
};

/** Waits no longer than this for the other side when something is closed, in milliseconds. */
const closing = 3000;

/** Resolves when `work` is done, whatever comes of it, or has had its time. */
export async function briefly(work: Promise<unknown>): Promise<void> {
  const settled = () => work.catch(() => undefined);
  await inTime(closing, settled, () => undefined);
}
