/** Writes how far an upload is, now and then: pages come by the hundred a second. */
import type { Db } from '../db/transaction.ts';
import type { PageProgress } from '../ingestion/loader.ts';
import { type Claim, progress } from '../jobs/claim.ts';

export class ProgressWriter {
  readonly #db: Db;
  readonly #claim: Claim;
  readonly #every: number;
  #latest: { done: number; total: number } | undefined;
  #written = 0;
  #writing: Promise<unknown> | undefined;

  /** @param every milliseconds from one write to the next */
  constructor(db: Db, claim: Claim, every = 1000) {
    this.#db = db;
    this.#claim = claim;
    this.#every = every;
  }

  /** Pages that have been read for their text; tables are looked for when all have been. */
  page({ stage, page, pages }: PageProgress): void {
    this.#latest = { done: stage === 'tables' ? pages : page, total: pages };
    if (!this.#writing && performance.now() - this.#written >= this.#every) this.#write();
  }

  /** Writes what is still to be written. A failure is nobody's business: the next write says it all. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#latest) this.#write();
    await this.#writing;
  }

  #write(): void {
    if (!this.#latest) return;
    const latest = this.#latest;
    this.#latest = undefined;
    this.#written = performance.now();
    this.#writing = progress(this.#db, this.#claim, latest)
      .catch(() => {})
      .finally(() => {
        this.#writing = undefined;
      });
  }
}
