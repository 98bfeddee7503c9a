/** Work that nobody waits for, done for many requests in one go. */

/** Items that are worked on together; with many more they would outlive V8's young space. */
const BATCH = 128;
/** Milliseconds that an item waits at most. */
const PATIENCE = 100;

export interface Batches<T> {
  add(item: T): void;
  /** Works on what is waiting, at once. */
  flush(): void;
}

/**
 * What takes half a microsecond in a loop takes three between the system calls of two requests, which leave none of its code
 * in the processor's caches (docs/decisions/0014-observability.md). What was added is worked on at the exit of the process
 * at the latest, before anything that was made ready for the exit earlier.
 * @param work must not throw; is called in the context of whoever added the last item, or in that of a timer
 */
export function inBatches<T>(work: (items: readonly T[]) => void): Batches<T> {
  let waiting: T[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const items = waiting;
    waiting = [];
    work(items);
  };
  process.prependOnceListener('exit', flush);
  return {
    add(item) {
      if (waiting.push(item) >= BATCH) flush();
      else timer ??= setTimeout(flush, PATIENCE).unref();
    },
    flush,
  };
}
