/** How a backend on this machine writes a moment: local wall time with a `Z`, six digits (CONTRACT: times). */

/** @param moment milliseconds since 1970 */
export function localTime(moment: number): string {
  const date = new Date(moment);
  return `${new Date(moment - date.getTimezoneOffset() * 60_000).toISOString().slice(0, -1)}000Z`;
}

/** The same in UTC, for a backend whose times have become what they say. */
export function utcTime(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, -1)}000Z`;
}

/** `2026-01-31`, local. */
export function today(moment: number): string {
  return localTime(moment).slice(0, 10);
}
