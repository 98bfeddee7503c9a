/** The wall clock in microseconds. */

/** `Date.now()` has milliseconds and steps with the system's clock; `performance.now()` has microseconds and does not. */
const tolerance = 2;

/** What any clock of this process said last: times of one process are compared, whichever part of it took them. */
let last = 0;

/**
 * @returns a clock of microseconds since the epoch that follows the system's clock within two milliseconds. It never goes back:
 *   while the system's clock is behind what was said already, it goes on by a microsecond each time that it is asked
 */
export function wallClock(): () => number {
  let offset = Date.now() - performance.now();
  return () => {
    const wall = Date.now();
    if (Math.abs(wall - offset - performance.now()) > tolerance) offset = wall - performance.now();
    const now = Math.round((offset + performance.now()) * 1000);
    last = now < last ? last + 1 : now;
    return last;
  };
}
