/** What is told of uploads to whoever counts. */

/**
 * What an attempt came to: a document; the words that say why there is none; another attempt, after a fault that may be the
 * machine's; given back at the close; nothing, as another worker has the upload.
 */
export type AttemptOutcome = 'done' | 'failed' | 'retried' | 'given-back' | 'lost';

export interface UploadWatch {
  /** @param seconds since the worker took it */
  attempted(outcome: AttemptOutcome, seconds: number): void;
  /** The reconciler has found jobs that the queue had lost, or whose worker had died; they are sent again. */
  foundLost(jobs: number): void;
}
