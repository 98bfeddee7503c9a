/** Lets so many begin in a second at most, evenly, so that requests of clients find the backends free in between. */
import { setTimeout as pause } from 'node:timers/promises';

export class Pace {
  readonly #gap: number;
  #next = 0;

  /** @param perSecond how many may begin */
  constructor(perSecond: number) {
    this.#gap = 1000 / perSecond;
  }

  /** Resolves when the next one may begin. @throws where the signal is aborted */
  async turn(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#gap;
    if (at > now) await pause(at - now, undefined, { signal });
    else signal.throwIfAborted();
  }
}
