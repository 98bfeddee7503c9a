/** The first half of a write: before anything is sent, it is written down what is about to be sent where. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import type { StoredRequest } from '../protocol/entry.ts';
import { kindOf, listKey } from '../protocol/keys.ts';
import { call } from './procedures.ts';
import type { JournalDb } from './tables.ts';

export interface Intent {
  id: string;
  epoch: number;
  route: RouteKey;
  /** Sorted. */
  keys: readonly string[];
  request: StoredRequest;
  body: Uint8Array | undefined;
  /** Sides that it may go to, the wanted one first. */
  sides: readonly BackendName[];
  /** What each side showed before, for the probe. */
  expected: Partial<Record<BackendName, unknown>>;
}

/** Where it goes; or that no side can have it now, as others write to its keys or the side has not been given all of them. */
export type Admitted = { side: BackendName } | 'blocked';

/**
 * Chooses the side, takes the keys and inserts the intent, in one transaction that checks the fence: `migrations/0009-journal-procedures.ts`
 * and `0012-duties.ts`. A key
 * changes its side only while nothing is in flight on it and the new side has been given everything. Asked again with the same
 * id, the answer is the same.
 */
export async function admit(db: JournalDb, fence: string, intent: Intent): Promise<Admitted> {
  const { id, epoch, route, keys, request, body, sides, expected } = intent;
  const lists = keys.map((key) => listKey(kindOf(key)));
  const before = Object.entries(expected).map(([side, shown]) => [side, JSON.stringify(shown)]);
  const written = [JSON.stringify(request), body ?? null, JSON.stringify(Object.fromEntries(before))];
  const side = await call(db, 'admit', [fence, id, epoch, route, keys, lists, sides, ...written]);
  return side === null ? 'blocked' : { side };
}

/**
 * Makes void what may be admitted or not, now or later: the id is taken, so that a transaction that is still under way is
 * waited for, and one that comes afterwards fails.
 */
export async function giveUp(db: JournalDb, { id, epoch, route, sides }: Intent): Promise<void> {
  const [side = 'legacy'] = sides;
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('entries')
      .values({ id, epoch, route, side, request: '{}', body: null, expected: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await call(tx, 'make_void', [id]);
  });
}
