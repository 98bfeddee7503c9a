/** Entries whose replay failed, how often, and when each is tried again. */

/** Above this many errors of the backend's own, a person has to look. */
export const attempts = 6;

const longestBackOff = 30_000;

export class Failures {
  readonly #failed = new Map<string, { times: number; until: number }>();
  readonly #backOff: number;

  /** @param backOff the first wait in milliseconds; each next one is twice as long, up to 30 s */
  constructor(backOff = 100) {
    this.#backOff = backOff;
  }

  has(id: string): boolean {
    return this.#failed.has(id);
  }

  /** By `performance.now()`; 0 for an entry that has not failed. */
  retryAt(id: string): number {
    return this.#failed.get(id)?.until ?? 0;
  }

  /** @returns how often the entry has failed by now */
  add(id: string): number {
    const times = (this.#failed.get(id)?.times ?? 0) + 1;
    const wait = Math.min(longestBackOff, this.#backOff * 2 ** (times - 1));
    this.#failed.set(id, { times, until: performance.now() + wait });
    return times;
  }

  /** The entry's order could not be read. */
  postpone(id: string, milliseconds: number): void {
    this.#failed.set(id, { times: 1, until: performance.now() + milliseconds });
  }

  forget(id: string): void {
    this.#failed.delete(id);
  }
}
