import { randomUUID } from 'node:crypto';
import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import { sql } from 'kysely';
import { JOURNAL_SCHEMA, journalOf } from '../journal/tables.ts';

/**
 * What a gateway may leave: entries that are owed, stuck, in doubt and done, with their keys; ids and times; who has the duty.
 * Into the tables that are there: the journal may be of any age.
 */
export async function fillJournal(db: AnyDatabase): Promise<void> {
  const on = journalOf(db);
  const isThere = async (table: string) => {
    const { rows } = await sql<{ oid: string | null }>`
      select to_regclass(${`${JOURNAL_SCHEMA}.${table}`})::text as oid`.execute(on);
    return rows[0]?.oid != null;
  };
  if (!(await isThere('entries'))) return;
  const into = (table: string) => sql`insert into ${sql.id(JOURNAL_SCHEMA, table)}`;
  const place = sql`nextval(${`${JOURNAL_SCHEMA}.places`})`;
  const fault = 'legacy answered 500';
  // What the new backend serves it has to be known to have, from `0014-knowledge` on.
  const knows = await isThere('kinds');
  for (const { key, state, mirror, pinned } of [
    { key: 'note:owed', state: 'settled', mirror: 'owed', pinned: false },
    { key: 'note:stuck', state: 'settled', mirror: 'sending', pinned: true },
    { key: 'note:doubt', state: 'doubt', mirror: 'none', pinned: false },
    { key: 'note:done', state: 'settled', mirror: 'applied', pinned: false },
  ]) {
    const id = randomUUID();
    await sql`${into('entries')} (id, epoch, route, side, request, body, state, mirror, pinned, fault, place)
      values (${id}, 1, 'PUT /notes/:note_id', 'new', '{"method":"PUT"}', ${Buffer.from(key)}, ${state}, ${mirror},
        ${pinned}, ${pinned ? fault : null}, ${state === 'settled' ? place : null})`.execute(on);
    await sql`${into('entry_keys')} (entry_id, key) values (${id}, ${key})`.execute(on);
    const inFlight = state === 'doubt' ? 1 : 0;
    await (knows
      ? sql`${into('keys')} (key, side, in_flight, new_base) values (${key}, 'new', ${inFlight}, 0)`
      : sql`${into('keys')} (key, side, in_flight) values (${key}, 'new', ${inFlight})`
    ).execute(on);
  }
  await sql`${into('ids')} (kind, public_id, legacy_id) values ('note', 'a', 'b')`.execute(on);
  await sql`${into('times')} (side, key, field, value, public_value) values ('new', 'note:done', 'a', 'b', 'c')`.execute(
    on,
  );
  if (knows) await sql`${into('kinds')} (kind) values ('note')`.execute(on);
  if (await isThere('incarnations'))
    await sql`${into('incarnations')} (number, sign) values (1, 'it was started')`.execute(on);
  if (await isThere('comparisons'))
    await sql`${into('comparisons')} (route, outcome, count) values ('GET /notes', 'matched', 3)`.execute(on);
  if (!(await isThere('duties'))) return;
  const gateway = randomUUID();
  await sql`${into('gateways')} (id, host, pid, started) values (${gateway}, 'here', 1, '1')`.execute(on);
  await sql`${into('duties')} (role, holder, fence) values ('gateway', ${gateway}, 7)`.execute(on);
}
