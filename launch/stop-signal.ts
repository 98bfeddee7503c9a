/** When to stop: Ctrl-C, a signal, or the end of the process that started this one. */

/**
 * The signal that aborts at the first request to stop.
 * @param force called at a second one; it ends the process
 * @param echo Ctrl-C in a terminal arrives from the terminal, from npm and from bootstrap.mjs: what comes within these
 *   milliseconds is one request
 */
export function stopSignal(force: () => void, echo = 500): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = () => {
    if (!first) {
      first = Date.now();
      controller.abort();
    } else if (Date.now() - first > echo) force();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // bootstrap.mjs holds the other end; when it is killed outright nobody passes signals on any more.
  process.once('disconnect', () => controller.abort());
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
