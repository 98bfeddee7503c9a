/** Work that is waited for no longer than a given time. */

/**
 * Does `work`, and waits for it at most so many milliseconds. Then the signal that `work` was given is aborted, and
 * `whenLate` says what comes in the place of its result. Work that minds no signal goes on; nobody hears of its end.
 * @throws what `work` or `whenLate` throws
 */
export async function inTime<Result, Late>(
  milliseconds: number,
  work: (late: AbortSignal) => Promise<Result>,
  whenLate: () => Late,
): Promise<Result | Late> {
  const over = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Late>();
  const timer = setTimeout(() => {
    over.abort();
    try {
      resolve(whenLate());
    } catch (error) {
      reject(error);
    }
  }, milliseconds);
  try {
    return await Promise.race([work(over.signal), promise]);
  } finally {
    clearTimeout(timer);
  }
}
