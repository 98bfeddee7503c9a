/**
 * Entries that legacy was given late, after writes that overtook them: what both sides show is made alike before they are settled.
 * Until then their keys stay on legacy, which cannot be put into another order.
 */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Logger } from '../../log.ts';
import { pass } from '../failpoints.ts';
import { loadEntry } from '../journal/entries.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import type { Watch } from '../journal/lag/watches.ts';
import { markEven, markUneven } from '../journal/mirrored.ts';
import { twoAnswers } from '../journal/two-answers.ts';
import { type EvenOptions, evenOut } from './take-over.ts';

export interface LateOptions extends EvenOptions {
  journal: Journal;
  log: Logger;
  /** Keeps replays off the entry's keys. @returns what lets them go on; undefined where the entry is held already */
  hold(entry: { id: string; side: BackendName; keys: string[] }): (() => void) | undefined;
  /** To be called again after so many milliseconds. */
  again(milliseconds: number): void;
  onDivergence?: ((route: RouteKey) => void) | undefined;
}

/** Between two attempts, where a side could not be asked. */
const pauseAfterFailure = 1000;

export class LateEntries {
  readonly #options: LateOptions;
  readonly #failedUntil = new Map<string, number>();

  constructor(options: LateOptions) {
    this.#options = options;
  }

  /** Begins with all entries whose entities have no write under way. */
  begin(): void {
    const { journal, hold, again, log } = this.#options;
    for (const { id, keys } of journal.lag.takenAndQuiet()) {
      if ((this.#failedUntil.get(id) ?? 0) > performance.now()) continue;
      const release = hold({ id, side: 'new', keys });
      if (!release) continue;
      const watch = journal.lag.follow({ keys, every: [] });
      void this.#even(id, watch)
        .catch((error: unknown) => {
          log.warn({ err: error, entry: id }, 'what both sides show could not be compared yet');
          this.#failedUntil.set(id, performance.now() + pauseAfterFailure);
          again(pauseAfterFailure);
        })
        .finally(() => {
          watch.end();
          release();
        });
    }
  }

  async #even(id: string, watch: Pick<Watch, 'isDisturbed'>): Promise<void> {
    const { journal, log, onDivergence, ...options } = this.#options;
    const db = await journal.db();
    const entry = await loadEntry(db, id);
    if (!entry) return journal.lag.gone(id);
    const { legacy: answer } = (await twoAnswers(db, id)) ?? {};
    await pass('evening', id);
    const evened = await evenOut({ entry, answer }, watch, options);
    if (evened === 'disturbed') return;
    this.#failedUntil.delete(id);
    if (evened === 'even') {
      await fenced(db, journal.fence, (tx) => markEven(tx, id));
      return journal.lag.gone(id);
    }
    const fault = `both backends have it, and ${evened.reasons.join('; ')}: \`retry\` compares again, \`skip\` leaves it so`;
    log.warn({ entry: id, fault }, 'a write came late, and the two backends differ since');
    const { differences } = evened;
    await fenced(db, journal.fence, (tx) => markUneven(tx, { id, fault, differences }));
    journal.lag.pinned(id, true);
    onDivergence?.(entry.route);
  }
}
