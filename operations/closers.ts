/** What a function has opened so far, closed in reverse; `AsyncDisposableStack` for Node 22 too, which has none. */

export type Closer = () => unknown;

export class Closers {
  readonly #closers: Closer[] = [];

  /** `closer` is called when these close, before those that were deferred earlier. */
  defer(closer: Closer): void {
    this.#closers.push(closer);
  }

  /** Closes `part` when these close. @returns it */
  use<Part extends { close(): unknown }>(part: Part): Part {
    this.defer(() => part.close());
    return part;
  }

  /**
   * Closes everything, each once, the last one first. Closing again does nothing.
   * @throws the first error of a closer; the others were called all the same
   */
  readonly close = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop())
      try {
        await closer();
      } catch (error) {
        errors.push(error);
      }
    if (errors.length > 0) throw errors[0];
  };
}

/**
 * Opens parts one after the other: where one cannot be opened, those that were are closed again.
 * @throws the error of `open`, also where closing fails
 */
export async function closedOnFailure<Opened>(open: (closers: Closers) => Promise<Opened>): Promise<Opened> {
  const closers = new Closers();
  try {
    return await open(closers);
  } catch (error) {
    await closers.close().catch(() => {});
    throw error;
  }
}
