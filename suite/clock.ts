/** How a backend on this machine writes a moment (CONTRACT: times). A moment is in milliseconds since 1970. */
import { localTime } from '@banyan/route-table/local-time.ts';

/** As `localTime` in UTC, for a backend whose times have become what they say. */
export function utcTime(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, -1)}000Z`;
}

/** `2026-01-31`, local. */
export function today(moment: number): string {
  return localTime(moment).slice(0, 10);
}
