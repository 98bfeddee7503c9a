/**
 * `rollback --now`: legacy is to serve at once, whatever it has not been given. What that is, is listed and kept, and fed to
 * it as it can be.
 */

import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import { kindOf } from '../protocol/keys.ts';
import { OUTSIDE } from './outside.ts';
import { entriesOfSameEntities } from './same-entities.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** A write that only `new` has. */
export interface LeftBehind {
  id: string;
  route: RouteKey;
  keys: string[];
  /** ISO 8601, UTC. */
  settledAt: string;
  /** Why it could not be given to legacy; undefined where that was only not its turn yet. */
  reason?: string;
}

export interface Leaving {
  left: LeftBehind[];
  /** Keys that `new` still writes to: they follow once that is over and legacy has it. */
  held: string[];
}

/**
 * Writes that only `new` has, in the order in which they came to their end: those with a key of these kinds, and those that share a
 * key with one of them, directly or through others. Where a key moves, all of its writes are left behind.
 */
async function lackedByLegacy(db: JournalDb | JournalTx, kinds: ReadonlySet<string>): Promise<LeftBehind[]> {
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.route', 'e.settled_at', 'e.fault', 'k.key'])
    .where('e.side', '=', 'new')
    .where('e.mirror', 'in', ['owed', 'sending'])
    .where('e.overtaken', 'is distinct from', 'taken')
    .orderBy('e.place')
    .orderBy('k.key')
    .execute();
  const entries = new Map<string, LeftBehind>();
  for (const { id, route, settled_at, fault, key } of rows) {
    const entry = entries.get(id) ?? {
      id,
      route,
      keys: [],
      settledAt: settled_at?.toISOString() ?? '',
      ...(fault !== null && { reason: fault }),
    };
    entries.set(id, entry);
    entry.keys.push(key);
  }
  return connected([...entries.values()], (key) => kinds.has(kindOf(key)));
}

/** The entries that have such a key, or one that another of them has. */
export function connected<Entry extends { keys: readonly string[] }>(
  entries: readonly Entry[],
  isMeant: (key: string) => boolean,
): Entry[] {
  const byKey = new Map<string, Entry[]>();
  for (const entry of entries)
    for (const key of entry.keys) {
      const those = byKey.get(key);
      if (those) those.push(entry);
      else byKey.set(key, [entry]);
    }
  const found = new Set<Entry>();
  const moving = new Set([...byKey.keys()].filter(isMeant));
  // A set is walked on to what is added meanwhile.
  for (const key of moving)
    for (const entry of byKey.get(key) ?? []) {
      if (found.has(entry)) continue;
      found.add(entry);
      for (const other of entry.keys) moving.add(other);
    }
  return entries.filter((entry) => found.has(entry));
}

/**
 * Moves the keys of everything that legacy is owed to legacy, but for those with a write under way on `new`.
 * @param kinds of the keys that are meant
 */
export async function leaveBehind(tx: JournalTx, kinds: ReadonlySet<string>): Promise<Leaving> {
  const left = await lackedByLegacy(tx, kinds);
  const keys = [...new Set(left.flatMap((entry) => entry.keys))].sort();
  if (keys.length === 0) return { left, held: [] };
  const locked = await tx
    .selectFrom('keys')
    .selectAll()
    .where('key', 'in', keys)
    .orderBy('key')
    .forUpdate()
    .execute();
  const isHeld = (key: { side: string; in_flight: number }) => key.side === 'new' && key.in_flight > 0;
  const free = locked.filter((key) => !isHeld(key)).map(({ key }) => key);
  if (free.length > 0)
    await tx.updateTable('keys').set({ side: 'legacy' }).where('key', 'in', free).execute();
  return { left, held: locked.filter(isHeld).map(({ key }) => key) };
}

/**
 * Legacy is about to be written to on keys of which it was left behind: what it lacks can no longer be given to it in its
 * order, so a person has to say whether it is. @returns the ids of what is stuck now
 */
export async function pinLeftBehind(db: JournalTx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .updateTable('entries')
    .set({ pinned: true, overtaken: 'waiting', fault: sql<string>`coalesce(fault, ${overtaken})` })
    .where('id', 'in', ids)
    .where('side', '=', 'new')
    // A person who had it tried again has decided.
    .where('overtaken', 'is', null)
    .where('route', '!=', OUTSIDE)
    .where('mirror', 'in', ['owed', 'sending'])
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Whether an entry was written to a side that was left behind of another one on the same keys, and that is not cleared up yet. */
export async function hasOvertaken(
  db: JournalDb,
  { id, side }: { id: string; side: BackendName },
): Promise<boolean> {
  const row = await entriesOfSameEntities(db, id)
    .where('e.side', '!=', side)
    .where('e.mirror', 'in', ['owed', 'sending'])
    .where('e.overtaken', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

const overtaken =
  'left behind by `rollback --now`, and legacy was written to since: `retry` gives it to legacy after that, and then the new backend takes over what legacy shows; `skip` never gives it to legacy';
