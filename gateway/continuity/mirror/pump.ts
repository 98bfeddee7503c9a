/** Runs the mirror's look at owed entries: one look at a time, and another look if something has changed meanwhile. */

export interface PumpOptions {
  /** @returns whether to look again at once */
  look: () => Promise<boolean>;
  /** Called when a time that was set by `after` has come. */
  onWake: () => void;
}

export class Pump {
  readonly #options: PumpOptions;
  readonly #closing = new AbortController();
  #isToLook = false;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = 0;

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** Aborted once the mirror closes. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Looks now, or once more after the look that is under way. */
  run(): void {
    if (this.signal.aborted) return;
    this.#isToLook = true;
    this.#looking ??= this.#run();
  }

  /** Wakes the mirror after so many milliseconds, or earlier. */
  after(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#timer && this.#wakesAt <= at) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#options.onWake();
    }, milliseconds);
  }

  /** Begins no look any more. Resolves once the last one is over. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #run(): Promise<void> {
    while (this.#isToLook && !this.signal.aborted) {
      this.#isToLook = false;
      if (await this.#options.look()) this.#isToLook = true;
    }
    // Cleared in the same turn as the last check, or `run` could join a loop that has finished.
    this.#looking = undefined;
  }
}
