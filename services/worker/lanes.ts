/**
 * How many uploads are worked on at once. Legacy gives each a thread at once, so a PDF that takes for ever holds up nobody.
 * Here an upload begins among the fresh ones; one that is not done soon moves to the long ones, and its place is free again.
 */
export interface LanesOptions {
  /** Milliseconds after which an upload counts as long. */
  longAfter: number;
  /** Long ones at a time; where there are more, they keep the places of fresh ones. */
  long: number;
}

export class Lanes {
  readonly #options: LanesOptions;
  #long = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  /** Resolves when `work` is done or has moved to the long ones, of which it is told first. */
  run(work: Promise<void>, onLong: () => void): Promise<void> {
    return new Promise((resolve) => {
      let state: 'fresh' | 'long' | 'done' = 'fresh';
      const move = () => {
        if (state !== 'fresh') return;
        if (this.#long === this.#options.long) {
          this.#waiting.push(move);
          return;
        }
        state = 'long';
        this.#long++;
        onLong();
        resolve();
      };
      const timer = setTimeout(move, this.#options.longAfter);
      const done = () => {
        clearTimeout(timer);
        const wasLong = state === 'long';
        state = 'done';
        resolve();
        if (!wasLong) return;
        this.#long--;
        this.#next();
      };
      work.then(done, done);
    });
  }

  /** Those that are done meanwhile do not move, and the place goes to the one after. */
  #next(): void {
    while (this.#long < this.#options.long) {
      const move = this.#waiting.shift();
      if (!move) return;
      move();
    }
  }
}
