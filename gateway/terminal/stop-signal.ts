/** When to stop: Ctrl-C, a signal, or the end of the process that started this one. */

/** Ctrl-C in a terminal arrives from the terminal, from npm and from bootstrap.mjs: what comes within so many ms is one request. */
const sameRequest = 500;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * @param stop called at the first request to stop
 * @param force called at a second one; it ends the process
 * @returns takes that back
 */
export function whenAskedToStop(
  stop: () => void,
  force: () => void = () => process.exit(130),
  echo = sameRequest,
): () => void {
  let first = 0;
  const asked = () => {
    if (!first) {
      first = Date.now();
      stop();
    } else if (Date.now() - first > echo) force();
  };
  for (const signal of signals) process.on(signal, asked);
  return () => {
    for (const signal of signals) process.off(signal, asked);
  };
}

/** The signal that aborts at the first request to stop. @param force called at a second one; it ends the process */
export function stopSignal(force: () => void, echo = sameRequest): AbortSignal {
  const controller = new AbortController();
  whenAskedToStop(() => controller.abort(), force, echo);
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
