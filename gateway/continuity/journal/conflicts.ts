/** Conflicts, for people: keys of which the two backends have different states, as legacy was written to directly. */
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { OUTSIDE } from './outside.ts';
import type { JournalDb } from './tables.ts';

export interface Conflict {
  key: string;
  /** The entry that stands for it: `/divergences/:id` shows both states side by side. */
  id: string;
  /** Who serves the key until a person has decided. */
  owner: BackendName;
  /** ISO 8601, UTC. */
  since: string;
  reason: string;
  /** Left is legacy. */
  differences: readonly Difference[];
  /** What a person has said, where that is that the new backend's state stands; null: nothing yet. */
  kept: string | null;
}

export async function conflicts(db: JournalDb): Promise<Conflict[]> {
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .leftJoin('keys', 'keys.key', 'k.key')
    .select(['e.id', 'e.side', 'e.settled_at', 'e.fault', 'e.differences', 'k.key', 'keys.lack'])
    .where('e.route', '=', OUTSIDE)
    .where('e.mirror', 'in', ['owed', 'sending'])
    .orderBy('e.place')
    .execute();
  return rows.map(({ id, side, settled_at, fault, differences, key, lack }) => ({
    key,
    id,
    owner: side,
    since: settled_at?.toISOString() ?? '',
    reason: fault ?? '',
    differences: JSON.parse(differences ?? '[]') as Difference[],
    kept: keptBecause(lack),
  }));
}

/** Why a person lets the new backend's state stand; null: nobody has decided so. */
function keptBecause(lack: string | null): string | null {
  const { what, reason } = JSON.parse(lack ?? '{}') as { what?: string; reason?: string };
  return what === 'kept' ? (reason ?? '') : null;
}

/** The open conflict of a key. */
export async function conflictOf(db: JournalDb, key: string): Promise<Conflict | undefined> {
  return (await conflicts(db)).find((conflict) => conflict.key === key);
}
