/** What follows a restart of legacy: a comparison of both backends, and what legacy lacks is given back to it. */
import { isAway } from '@banyan/operations/db/away.ts';
import type { Logger } from '../../log.ts';
import type { ComparisonOptions } from '../comparison/compare-key.ts';
import type { Journal } from '../journal/journal.ts';
import { Checkup } from './checkup.ts';
import type { GivingBack } from './giving-back.ts';
import type { Restarts } from './restarts.ts';

export interface AftercareOptions {
  journal: Journal;
  comparing: ComparisonOptions;
  restarts: Restarts;
  givingBack: GivingBack;
  log: Logger;
}

/** After a failure, in milliseconds. */
const again = 5000;

export class Aftercare {
  readonly #options: AftercareOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isToRun = false;
  /** Keys that are to be looked at. */
  readonly #found = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AftercareOptions) {
    this.#options = options;
    options.restarts.onRestart(() => this.run());
  }

  /** Takes up what an earlier gateway did not come to. */
  start(): void {
    const { restarts, journal } = this.#options;
    if (!restarts.current.isCompared || journal.knowledge.legacy.lacking().length > 0) this.run();
  }

  /** Compares both backends if legacy was started again since that was last done, and gives back what legacy lacks. */
  run(): void {
    if (this.#closing.signal.aborted) return;
    this.#isToRun = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Legacy was seen to lack something of these keys, as of a restart before the journal. */
  found(keys: readonly string[]): void {
    for (const key of keys) this.#found.add(key);
    this.run();
  }

  /** Resolves once nothing is compared or given back. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#isToRun && !signal.aborted) {
      this.#isToRun = false;
      try {
        await this.#once();
      } catch (error) {
        if (signal.aborted) return;
        if (!isAway(error))
          this.#options.log.warn({ err: error }, 'what legacy lacks after its restart could not be told yet');
        this.#later();
      }
    }
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), again).unref();
  }

  async #once(): Promise<void> {
    const { restarts, journal, comparing, givingBack, log } = this.#options;
    const { signal } = this.#closing;
    const { number, since, isCompared } = restarts.current;
    if (!isCompared) {
      const onBlocked = (reason: string) => restarts.block(reason);
      const checkup = new Checkup({ journal, comparing, onBlocked, signal });
      if (!(await checkup.run(since))) return;
      await restarts.compared(number);
      const lacking = journal.knowledge.legacy.lacking().length;
      log.info({ incarnation: number, lacking }, 'both backends were compared after the restart of legacy');
    }
    if (restarts.current.blocked !== undefined) return;
    if (this.#found.size > 0) {
      const found = [...this.#found];
      await new Checkup({ journal, comparing, onBlocked: async () => {}, signal }).again(found);
      for (const key of found) this.#found.delete(key);
    }
    const { given, isBusy } = await givingBack.run(signal);
    if (isBusy) this.#later();
    if (given.length === 0) return;
    await new Checkup({ journal, comparing, onBlocked: async () => {}, signal }).again(given);
    await restarts.compared(number);
  }
}
