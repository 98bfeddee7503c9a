/** Writes that are stuck: the other side is given neither them nor what comes after them until a person decides. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { BlockedKeys } from './blocked.ts';
import { type IsShared, type OwedRow, owedRows } from './mirrored.ts';
import { OUTSIDE } from './outside.ts';
import type { JournalDb } from './tables.ts';

export interface PinnedEntry {
  id: string;
  route: RouteKey;
  /** Who has it; or had it first, where both have it by now. */
  side: BackendName;
  keys: string[];
  reason: string;
  /**
   * Legacy was written to after `rollback --now` had left it behind of this one. `waiting`: only the new backend has it. `taken`: both
   * have it, and show different things. Left out where that is not so.
   */
  overtaken?: 'waiting' | 'taken';
  /** Later writes to the same keys, and those that wait for these: the other side is given none of them before. They count as lag. */
  behind: number;
}

export async function pinnedEntries(db: JournalDb, isShared: IsShared): Promise<PinnedEntry[]> {
  const rows = await db
    .selectFrom('entries as e')
    .leftJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.route', 'e.side', 'e.fault', 'e.overtaken', 'k.key'])
    .where('e.pinned', 'is', true)
    // Conflicts are listed by themselves: nothing of them can be tried again.
    .where('e.route', '!=', OUTSIDE)
    .orderBy('e.place')
    .orderBy('k.key')
    .execute();
  if (rows.length === 0) return [];
  const waiting = await waitingBehind(db, isShared);
  const pinned = new Map<string, PinnedEntry>();
  for (const { id, route, side, fault, overtaken, key } of rows) {
    const behind = waiting.get(id) ?? 0;
    const entry = pinned.get(id) ?? {
      id,
      route,
      side,
      keys: [],
      reason: fault ?? '',
      behind,
      ...(overtaken && { overtaken }),
    };
    pinned.set(id, entry);
    if (key !== null) entry.keys.push(key);
  }
  return [...pinned.values()];
}

/** How many writes wait behind each that is stuck, directly or behind others that wait. */
async function waitingBehind(db: JournalDb, isShared: IsShared): Promise<Map<string, number>> {
  const blocked = new BlockedKeys<OwedRow>(isShared);
  const counts = new Map<string, number>();
  for (const row of await owedRows(db)) {
    const blockers = blocked.place(row, row.pinned);
    if (!row.pinned) for (const id of blockers) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
