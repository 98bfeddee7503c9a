/** A replay whose model call gets its reply later. */
import { setTimeout as pause } from 'node:timers/promises';

export class Hold {
  readonly #asked = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  #isAsked = false;

  /** Whether the side that is given the replay has asked the model. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** The model call is there. Resolves when its reply may go out, or when whoever asked has gone away. */
  async call(signal: AbortSignal): Promise<void> {
    this.#isAsked = true;
    this.#asked.resolve();
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (!signal.aborted) await Promise.race([this.#released.promise, gone]);
  }

  /** Resolves once the model is asked, when `over` does, or after `milliseconds`. */
  async asked(over: Promise<unknown>, milliseconds: number, signal: AbortSignal): Promise<void> {
    const late = pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.race([this.#asked.promise, over, late]);
  }

  release(): void {
    this.#released.resolve();
  }
}
