/** How many replays go on at once: an entry that waits takes no replay's place. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { OwedEntry } from '../journal/mirrored.ts';
import { otherSide } from '../protocol/roles.ts';
import type { Waits } from './waits.ts';

const atOnce = 8;

export interface PlacesOptions {
  /** Replays at once; and as many whose work still goes on. */
  concurrency: Partial<Record<BackendName, number>>;
  waits: Waits;
  beginsWork(entry: OwedEntry): boolean;
}

/** What is free beside the entries that run. */
export class Places {
  readonly #replays: Record<BackendName, number>;
  /** For work that goes on where a replay began it: a backend is not given all of it at once either. */
  readonly #works: Record<BackendName, number>;
  readonly #beginsWork: (entry: OwedEntry) => boolean;

  constructor(running: Iterable<OwedEntry>, { concurrency, waits, beginsWork }: PlacesOptions) {
    const { legacy = atOnce, new: fresh = atOnce } = concurrency;
    this.#replays = { legacy, new: fresh };
    this.#works = { legacy, new: fresh };
    this.#beginsWork = beginsWork;
    for (const { id, side } of running) {
      const wait = waits.get(id);
      if (!wait) this.#replays[otherSide[side]] -= 1;
      else if (wait.isTaken) this.#works[otherSide[side]] -= 1;
    }
  }

  /** @param mayPass whether the entry need not wait for work that goes on */
  hasFor(entry: OwedEntry, mayPass: boolean): boolean {
    const side = otherSide[entry.side];
    return this.#replays[side] > 0 && (mayPass || this.#works[side] > 0 || !this.#beginsWork(entry));
  }

  take(entry: OwedEntry): void {
    const side = otherSide[entry.side];
    this.#replays[side] -= 1;
    if (this.#beginsWork(entry)) this.#works[side] -= 1;
  }
}
