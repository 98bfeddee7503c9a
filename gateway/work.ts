/** What waits for the new backend's workers: what the console, the metrics and the end of a migration look at. */

export interface WorkSize {
  queued: number;
  processing: number;
  /** Seconds since the oldest of them was taken; 0 without any. */
  oldest: number;
  /** Queued, and not sent to a worker for longer than that should take. */
  undelivered: number;
  /** Their worker has been silent for longer than it may be. */
  ownerless: number;
}

export interface WaitingJob {
  id: string;
  /** As the client called it. */
  filename: string;
  isProcessing: boolean;
  /** Seconds since it was taken. */
  age: number;
  /** How often a worker has begun it. */
  attempt: number;
  pagesDone: number;
  /** Null before it is known. */
  pagesTotal: number | null;
}
