/** Starts the next of something while the last one is still in use, so that nobody waits for it. */

export class Ahead<T extends { close(): Promise<void> }> {
  readonly #start: () => Promise<T>;
  #left: number;
  #next: Promise<T> | undefined;

  /** @param count how many will be asked for */
  constructor(start: () => Promise<T>, count: number) {
    this.#start = start;
    this.#left = count;
  }

  /** One to be closed by the caller. */
  take(): Promise<T> {
    const taken = this.#next ?? this.#begin();
    this.#next = this.#left > 0 ? this.#begin() : undefined;
    return taken;
  }

  /** Closes what was started and not taken. */
  async close(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    await next?.then(
      (each) => each.close(),
      () => {},
    );
  }

  #begin(): Promise<T> {
    this.#left -= 1;
    const begun = this.#start();
    // A failure is reported where it is taken; until then it must not count as unhandled.
    begun.catch(() => {});
    return begun;
  }
}
