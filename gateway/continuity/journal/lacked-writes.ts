/** What one side lacks of some routes' data, write by write, for people: what a flip is told before it, and a rollback after it. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import { kindOf } from '../protocol/keys.ts';
import { otherSide } from '../protocol/roles.ts';
import { BlockedKeys } from './blocked.ts';
import { connected } from './leave.ts';
import { type IsShared, type OwedRow, owedRows } from './mirrored.ts';
import type { JournalDb } from './tables.ts';

/**
 * `owed`: the mirror is about to give the side this write. `stuck`: a person has to decide about it. `behind`: it waits for one that is
 * stuck. `open`: it is under way on the other side, or in doubt there. `skipped`: a person has decided that the side never gets it.
 */
export type LackState = 'owed' | 'stuck' | 'behind' | 'open' | 'skipped';

export interface LackedWrite {
  id: string;
  route: RouteKey;
  keys: string[];
  state: LackState;
  /** ISO 8601, UTC: when it came to its end; of one that has not, when it was admitted. */
  since: string;
  /** Why the side has not been given it; undefined where that is only not its turn yet. */
  reason?: string;
}

/**
 * Writes that `side` lacks, in their order: those with a key of these kinds, and those that share a key with one of them, directly
 * or through others.
 */
export async function lackedBy(
  db: JournalDb,
  side: BackendName,
  kinds: ReadonlySet<string>,
  isShared: IsShared,
): Promise<LackedWrite[]> {
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.route', 'e.state', 'e.mirror', 'e.pinned', 'e.fault', 'k.key'])
    .select(sql<Date>`coalesce(e.settled_at, e.admitted_at)`.as('since'))
    .where('e.side', '=', otherSide[side])
    .where((or) =>
      or.or([
        or('e.mirror', 'in', ['owed', 'sending', 'skipped']),
        or('e.state', 'in', ['admitted', 'doubt']),
      ]),
    )
    .where('e.overtaken', 'is distinct from', 'taken')
    .orderBy('e.place')
    .orderBy('e.position')
    .orderBy('k.key')
    .execute();
  const behind = rows.some(({ pinned }) => pinned) ? await behindStuck(db, isShared) : new Set<string>();
  const writes = new Map<string, LackedWrite>();
  for (const { id, route, fault, key, since, ...row } of rows) {
    const write = writes.get(id) ?? {
      id,
      route,
      keys: [],
      state: behind.has(id) ? 'behind' : stateOf(row),
      since: since.toISOString(),
      ...(fault !== null && { reason: fault }),
    };
    writes.set(id, write);
    write.keys.push(key);
  }
  return connected([...writes.values()], (key) => kinds.has(kindOf(key)));
}

function stateOf(row: { state: string; mirror: string; pinned: boolean }): LackState {
  if (row.state !== 'settled') return 'open';
  if (row.mirror === 'skipped') return 'skipped';
  return row.pinned ? 'stuck' : 'owed';
}

async function behindStuck(db: JournalDb, isShared: IsShared): Promise<Set<string>> {
  const blocked = new BlockedKeys<OwedRow>(isShared);
  const found = new Set<string>();
  for (const row of await owedRows(db))
    if (blocked.place(row, row.pinned).size > 0 && !row.pinned) found.add(row.id);
  return found;
}
