/** Times as the application has always shown them: the server's wall time, six digits, and a `Z` that does not mean UTC. */
import type { Quirks } from '../quirks.ts';

const two = (value: number) => String(value).padStart(2, '0');

/**
 * `2026-01-31T09:15:00.123456Z`, as `datetime.now().isoformat() + "Z"` with microseconds. The tool has `localTime` of its own
 * (`route-table/local-time.ts`): the contract suite holds the one against the other, so a fault in this one must not be in both.
 * @param moment microseconds since the epoch
 */
export function localTimestamp(moment: number): string {
  const at = new Date(Math.floor(moment / 1000));
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const micros = String(((moment % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0');
  return `${date}T${time}.${micros}Z`;
}

/** The same digits in UTC, where the `Z` means what it says. */
export function utcTimestamp(moment: number): string {
  const micros = String(((moment % 1000) + 1000) % 1000).padStart(3, '0');
  return `${new Date(Math.floor(moment / 1000)).toISOString().slice(0, -1)}${micros}Z`;
}

/**
 * Whether the wall clock shows a time at two moments, as when daylight saving ends: then it does not say which of two times is later.
 * @param time as `localTimestamp` writes it
 */
export function isShownTwice(time: string): boolean {
  // Read as local time; of two moments the first.
  const first = new Date(time.slice(0, 19)).getTime();
  return localTimestamp((first + 3_600_000) * 1000).slice(0, 19) === time.slice(0, 19);
}

/** How a moment, microseconds since the epoch, is shown to clients. */
export function timestampOf(quirks: Quirks): (moment: number) => string {
  return quirks['local-time-as-utc'] ? localTimestamp : utcTimestamp;
}
