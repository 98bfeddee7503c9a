/** The first half of a write: before anything is sent, it is written down what is about to be sent where. */
import { sql } from 'kysely';
import type { BackendName, RouteKey } from '../../../contract/route-table.ts';
import { kindOf, listKey } from '../keys/keys.ts';
import type { StoredRequest } from './entries.ts';
import { voidIn } from './settle.ts';
import type { JournalDb, JournalTx } from './tables.ts';

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
 * Chooses the side, takes the keys and inserts the intent, in one transaction. A key changes its side only while nothing
 * is in flight on it and the new side has been given everything. Asked again with the same id, the answer is the same.
 */
export function admit(db: JournalDb, intent: Intent): Promise<Admitted> {
  return db.transaction().execute(async (tx) => {
    const before = await tx
      .selectFrom('entries')
      .select('side')
      .where('id', '=', intent.id)
      .executeTakeFirst();
    if (before) return before;
    const held = await lockKeys(tx, intent);
    const side = await chooseSide(tx, intent, held);
    if (!side) return 'blocked';
    const busy = held.filter(({ in_flight }) => in_flight > 0).map(({ key }) => key);
    if (busy.length > 0) await markOverlapped(tx, busy);
    if (intent.keys.length > 0)
      await tx
        .updateTable('keys')
        .set({ side, in_flight: sql`in_flight + 1` })
        .where('key', 'in', intent.keys)
        .execute();
    await insertEntry(tx, intent, side, busy.length > 0);
    return { side };
  });
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
      .values({ ...{ id, epoch, route, side, request: '{}' }, body: null, expected: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await voidIn(tx, id);
  });
}

interface Held {
  key: string;
  side: BackendName;
  in_flight: number;
}

async function lockKeys(tx: JournalTx, { keys, sides: [wanted = 'legacy'] }: Intent): Promise<Held[]> {
  if (keys.length === 0) return [];
  const lists = [...new Set(keys.map((key) => listKey(kindOf(key))))];
  const making = await tx
    .selectFrom('keys')
    .select(['key', 'side'])
    .where('key', 'in', lists)
    .where('in_flight', '>', 0)
    .execute();
  // A key that nobody knows may be of something that is being made just now: then it is where that is made.
  const first = (key: string) => making.find((list) => list.key === listKey(kindOf(key)))?.side ?? wanted;
  await tx
    .insertInto('keys')
    .values(keys.map((key) => ({ key, side: first(key) })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return tx.selectFrom('keys').selectAll().where('key', 'in', keys).orderBy('key').forUpdate().execute();
}

async function chooseSide(
  tx: JournalTx,
  { sides }: Intent,
  held: readonly Held[],
): Promise<BackendName | undefined> {
  const [wanted] = sides;
  if (held.every(({ side }) => side === wanted)) return wanted;
  const owed = await owedKeys(
    tx,
    held.map(({ key }) => key),
  );
  const isFree = ({ key, in_flight }: Held) => in_flight === 0 && !owed.has(key);
  return sides.find((side) => held.every((key) => key.side === side || isFree(key)));
}

/** Keys of which one side has not everything yet. */
async function owedKeys(tx: JournalTx, keys: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('entry_keys as k')
    .innerJoin('entries as e', 'e.id', 'k.entry_id')
    .select('k.key')
    .where('k.key', 'in', keys)
    .where('e.mirror', 'in', ['owed', 'sending'])
    .execute();
  return new Set(rows.map(({ key }) => key));
}

async function markOverlapped(tx: JournalTx, keys: readonly string[]): Promise<void> {
  await tx
    .updateTable('entries')
    .set({ overlapped: true })
    .where('state', 'in', ['admitted', 'doubt'])
    .where('overlapped', 'is', false)
    .where('id', 'in', (e) => e.selectFrom('entry_keys').select('entry_id').where('key', 'in', keys))
    .execute();
}

async function insertEntry(
  tx: JournalTx,
  intent: Intent,
  side: BackendName,
  overlapped: boolean,
): Promise<void> {
  const { id, epoch, route, keys, request, body, expected } = intent;
  await tx
    .insertInto('entries')
    .values({
      ...{ id, epoch, route, side, overlapped, body: body ?? null },
      request: JSON.stringify(request),
      expected: side in expected ? JSON.stringify(expected[side]) : null,
    })
    .execute();
  if (keys.length === 0) return;
  await tx
    .insertInto('entry_keys')
    .values(keys.map((key) => ({ entry_id: id, key })))
    .execute();
}
