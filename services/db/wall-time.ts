/** Times as the application shows them: wall time of six digits with a `Z` that does not mean UTC. */

/** `2026-01-31T09:15:00.123456Z`. The database keeps the digits, without a zone; it ignores the `Z` on the way in. */
export type WallTime = string;

/** What PostgreSQL prints for a `timestamp`, as the client is shown it: trailing zeros are there again. */
export function fromTimestamp(text: string): WallTime {
  const [date = '', time = ''] = text.split(' ');
  const [seconds = '', fraction = ''] = time.split('.');
  return `${date}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}
