/** What the journal changes to give legacy back what it lacks: an entry that was applied is owed to legacy once more. */
import { sql } from 'kysely';
import type { Lack } from '../knowledge/legacy-memory.ts';
import { noteLacks } from './incarnations.ts';
import { type KeyState, lockQuiet } from './known.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** Writes of some routes to a key that took effect and were given to both sides, in their order. */
export async function appliedOn(db: JournalDb, key: string, routes: readonly string[]): Promise<string[]> {
  if (routes.length === 0) return [];
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('e.id')
    .where('k.key', '=', key)
    .where('e.route', 'in', [...routes])
    .where('e.state', '=', 'settled')
    .where('e.mirror', 'in', ['none', 'applied'])
    .orderBy('e.place')
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Takes a key for the giving back: writes to it go to the new backend until legacy has it again. What legacy lacks is stored before
 * anything is sent. @returns whether nothing has touched the key since it was noted
 */
export async function takeForLegacy(tx: JournalTx, noted: KeyState, lack: Lack): Promise<boolean> {
  if (!(await isFree(tx, noted))) return false;
  await tx.updateTable('keys').set({ side: 'new' }).where('key', '=', noted.key).execute();
  await noteLacks(tx, [{ key: noted.key, incarnation: undefined, lack }]);
  return true;
}

/**
 * The entries are owed to legacy, in this order and after everything else. What legacy called what they made is forgotten: it will call
 * it otherwise. @returns whether nothing has touched the key since it was noted, and legacy is still in that incarnation
 */
export async function owe(
  tx: JournalTx,
  ids: readonly string[],
  noted: KeyState,
  { incarnation, made }: { incarnation: number; made: readonly { kind: string; publicId: string }[] },
): Promise<boolean> {
  const later = await tx
    .selectFrom('incarnations')
    .select('number')
    .where('number', '>', incarnation)
    .executeTakeFirst();
  if (later || !(await isFree(tx, noted))) return false;
  for (const id of ids) {
    await tx
      .updateTable('entries')
      .set({
        side: 'new',
        mirror: 'owed',
        place: sql<string>`nextval('banyan_journal.places')`,
        overlapped: false,
        pinned: false,
        attempts: 0,
        fault: null,
        mirror_expected: null,
        overtaken: null,
      } as never)
      .where('id', '=', id)
      .execute();
    const keys = tx.selectFrom('entry_keys').select('key').where('entry_id', '=', id);
    await tx
      .updateTable('keys')
      .set({
        side: 'new',
        head: sql<string>`(select place from banyan_journal.entries where id = ${id})` as never,
        new_base: sql<string>`coalesce(new_base, 0)::bigint`,
      })
      .where('key', 'in', keys)
      .where('key', 'not like', 'list:%')
      .execute();
  }
  for (const { kind, publicId } of made)
    await tx.deleteFrom('ids').where('kind', '=', kind).where('public_id', '=', publicId).execute();
  return true;
}

/** Locks the key. Nothing is in flight, owed or being sent. */
async function isFree(tx: JournalTx, noted: KeyState): Promise<boolean> {
  if (!(await lockQuiet(tx, [noted])).has(noted.key)) return false;
  const owed = await tx
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('e.id')
    .where('k.key', '=', noted.key)
    .where('e.mirror', 'in', ['owed', 'sending'])
    .limit(1)
    .executeTakeFirst();
  return owed === undefined;
}
