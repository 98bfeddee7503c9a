/** Times as the application has always shown them: the server's wall time, six digits, and a `Z` that does not mean UTC. */

const two = (value: number) => String(value).padStart(2, '0');

/**
 * `2026-01-31T09:15:00.123456Z`, as `datetime.now().isoformat() + "Z"` with microseconds.
 * @param moment microseconds since the epoch
 */
export function localTimestamp(moment: number): string {
  const at = new Date(Math.floor(moment / 1000));
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const micros = String(((moment % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0');
  return `${date}T${time}.${micros}Z`;
}
