/** Fresh backends of an application, and what stops all of them at once. */
import type { RunningBackend, StartBackend } from '../running-backend.ts';
import type { FreshGateway } from './gateway.ts';

/** How an application starts what is compared: each backend with nothing in it, or with a saved state of legacy's files. */
export interface FreshBackends {
  startLegacy: StartBackend;
  startNew: StartBackend;
  /** A gateway that keeps state continuity between a legacy and a new backend of its own. */
  startGateway?: () => Promise<FreshGateway>;
  /** Stops every backend that still runs. */
  close(): Promise<void>;
}

/** The backends that were started and still run. */
export class Started {
  readonly #running = new Set<RunningBackend>();
  readonly #starting = new Set<Promise<unknown>>();
  #isClosed = false;

  /** @throws Error once they are being stopped */
  async begin<Backend extends RunningBackend>(start: () => Promise<Backend>): Promise<Backend> {
    if (this.#isClosed) throw new Error('The backends are being stopped.');
    const begun = start().then((backend) => this.#kept(backend));
    this.#starting.add(begun);
    return begun.finally(() => this.#starting.delete(begun));
  }

  /** Stops all of them, those that are still starting too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#starting);
    await Promise.all([...this.#running].map((backend) => backend.close()));
  }

  #kept<Backend extends RunningBackend>(backend: Backend): Backend {
    let closing: Promise<void> | undefined;
    const tracked = {
      ...backend,
      // Once, and every caller waits for its end: an interrupted run closes a backend from two sides.
      close: () => {
        closing ??= backend.close().finally(() => this.#running.delete(tracked));
        return closing;
      },
    };
    this.#running.add(tracked);
    return tracked;
  }
}
