/** What a side is known to lack for good. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { entriesOfSameEntities } from './same-entities.ts';
import type { JournalDb } from './tables.ts';

/**
 * Whether the other side was never given an earlier write to one of an entry's entities, as a person has skipped it. It is not
 * judged by what it answers then, for as long as the journal keeps the skipped entry.
 */
export async function lacksSkipped(
  db: JournalDb,
  { id, side }: { id: string; side: BackendName },
): Promise<boolean> {
  const row = await entriesOfSameEntities(db, id)
    .where('e.id', '!=', id)
    .where('e.side', '=', side)
    .where('e.mirror', '=', 'skipped')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
