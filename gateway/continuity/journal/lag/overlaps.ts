/** Which writes were under way at the same time on the same keys. */
import type { Open, OpenEntries } from './open-entries.ts';

/** Whether two were under way at the same time, and touch the same. */
export function overlap(a: Open, b: Open): boolean {
  if (a.admitted >= b.settled || b.admitted >= a.settled) return false;
  for (const key of a.keys) if (b.keys.has(key)) return true;
  return false;
}

/** Whether a write that is under way still was so before this one came to its end. */
export function isOverlapping(entry: Open, entries: OpenEntries): boolean {
  for (const key of entry.keys)
    for (const other of entries.on(key)) {
      if (other.isStalled && key.startsWith('list:')) continue;
      if (other.state === 'open' && overlap(entry, other)) return true;
    }
  return false;
}
