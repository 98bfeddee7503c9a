/** What the mirror is waiting for, entry by entry: `banyan journal` shows it, and an entry that waits takes no replay's place. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Wait } from '../../journal/waiting.ts';

/** What one look says: that there is nothing to wait for any more, or until when the mirror looks again. */
export type Look = 'over' | { until: number | undefined };

/** For looks that presume after a time that there is nothing to wait for any more. */
export const presumedAt = (until: number): Look => (Date.now() >= until ? 'over' : { until });

/** Between two looks of one entry at least, and at most, in milliseconds. */
const shortest = 200;
const longest = 2000;
/** All entries together look this often at most: so many milliseconds for each one that waits. */
const share = 20;

export class Waits {
  readonly #waits = new Map<string, Wait>();
  readonly #onChange: () => void;

  /** @param onChange called when an entry begins or ends to wait */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get(id: string): Readonly<Wait> | undefined {
    return this.#waits.get(id);
  }

  /** In the order in which they began. */
  all(): Readonly<Wait>[] {
    return [...this.#waits.values()];
  }

  /**
   * Looks until a look says that it is over. Looks less often the longer it takes, and the more entries wait.
   * @throws what a look throws, and the signal's reason
   */
  async wait(
    wait: Omit<Wait, 'since' | 'until'>,
    look: () => Promise<Look>,
    signal: AbortSignal,
  ): Promise<void> {
    const since = new Date();
    try {
      for (;;) {
        const found = await look();
        if (found === 'over') return;
        const until = found.until === undefined ? undefined : new Date(found.until);
        this.#begin({ ...wait, since, until });
        await pause(this.#pace(since, until), undefined, { signal });
      }
    } finally {
      if (this.#waits.delete(wait.id)) this.#onChange();
    }
  }

  #begin(wait: Wait): void {
    const isNew = !this.#waits.has(wait.id);
    this.#waits.set(wait.id, wait);
    if (isNew) this.#onChange();
  }

  #pace(since: Date, until: Date | undefined): number {
    const soFar = Date.now() - since.getTime();
    const pace = Math.max(shortest, Math.min(longest, soFar / 4), share * this.#waits.size);
    return until ? Math.min(pace, Math.max(1, until.getTime() - Date.now())) : pace;
  }
}
