/** The wall clock in microseconds. */

/** `Date.now()` has milliseconds and steps with the system's clock; `performance.now()` has microseconds and does not. */
const tolerance = 2;

/** @returns a clock of microseconds since the epoch that follows the system's clock within two milliseconds */
export function wallClock(): () => number {
  let offset = Date.now() - performance.now();
  return () => {
    const wall = Date.now();
    if (Math.abs(wall - offset - performance.now()) > tolerance) offset = wall - performance.now();
    return Math.round((offset + performance.now()) * 1000);
  };
}
