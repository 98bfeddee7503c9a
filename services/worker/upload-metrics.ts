/** What becomes of uploads in the process that makes documents of them: a worker's, or the gateway's own. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { AttemptOutcome, UploadWatch } from './watch.ts';

/** In seconds: a page takes a moment, a scanned book minutes. */
const buckets = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

export class UploadMetrics implements UploadWatch {
  readonly #attempts = new Histogram({
    name: 'banyan_job_attempt_duration_seconds',
    help: 'Time that a worker had an upload, by what came of it',
    labelNames: ['outcome'],
    buckets,
    registers: [],
  });
  readonly #found = new Counter({
    name: 'banyan_jobs_redelivered_total',
    help: 'Uploads that the queue had lost, or whose worker had died, found in the database and sent again',
    registers: [],
  });

  attempted(outcome: AttemptOutcome, seconds: number): void {
    this.#attempts.observe({ outcome }, seconds);
  }

  foundLost(jobs: number): void {
    this.#found.inc(jobs);
  }

  register(registry: Registry): void {
    registry.registerMetric(this.#attempts);
    registry.registerMetric(this.#found);
  }
}
