/**
 * What the journal does in one go: as procedures in the database, so that a write through the gateway pays for one round trip
 * where it is admitted and one where it is settled, and not for one a statement.
 */
import type { Kysely } from 'kysely';
import { createProcedures, dropProcedures } from './procedures.ts';

/**
 * Chooses the side, takes the keys and inserts the intent. A key changes its side only while nothing is in flight on it and the
 * new side has been given everything. Asked again with the same id, it answers the same.
 * Null: no side can have it now.
 */
const admit = `
declare
  chosen text;
  busy text[];
begin
  select side into chosen from entries where id = entry;
  if found then
    return chosen;
  end if;

  -- A key that nobody knows may be of something that is being made just now: then it is where that is made.
  insert into keys (key, side)
  select its.key, coalesce((select side from keys where key = its.list and in_flight > 0), its_sides[1])
  from unnest(its_keys, its_lists) as its (key, list)
  on conflict do nothing;

  -- Locked in one order by all.
  perform from keys where key = any (its_keys) order by key for update;

  select wanted.side into chosen
  from unnest(its_sides) with ordinality as wanted (side, rank)
  where not exists (
    select from keys as held
    where held.key = any (its_keys)
      and held.side <> wanted.side
      and (held.in_flight > 0 or exists (
        select from entry_keys join entries on entries.id = entry_keys.entry_id
        where entry_keys.key = held.key and entries.mirror in ('owed', 'sending')
      ))
  )
  order by wanted.rank
  limit 1;
  if not found then
    return null;
  end if;

  select array_agg(key) into busy from keys where key = any (its_keys) and in_flight > 0;
  if busy is not null then
    update entries set overlapped = true
    where state in ('admitted', 'doubt')
      and not overlapped
      and id in (select entry_id from entry_keys where key = any (busy));
  end if;

  update keys set side = chosen, in_flight = in_flight + 1 where key = any (its_keys);
  insert into entries (id, epoch, route, side, overlapped, request, body, expected)
  values (entry, its_epoch, its_route, chosen, busy is not null, its_request, its_body, its_expected ->> chosen);
  insert into entry_keys (entry_id, key) select entry, unnest(its_keys);
  return chosen;
end`;

/** Gives an entry its place in the order of each of its keys. False: it was settled or made void before. */
const settle = `
declare
  its_side text;
begin
  perform from keys where key in (select key from entry_keys where entry_id = entry) order by key for update;

  update entries
  set state = 'settled', settled_at = clock_timestamp(), place = nextval('places'),
    answer = its_answer, answer_body = its_body, mirror = its_mirror
  where id = entry and state in ('admitted', 'doubt')
  returning side into its_side;
  if not found then
    return false;
  end if;

  update keys set in_flight = in_flight - 1 where key in (select key from entry_keys where entry_id = entry);
  insert into keys (key, side) select unnest(made_keys), its_side on conflict do nothing;
  insert into entry_keys (entry_id, key) select entry, unnest(made_keys) on conflict do nothing;
  insert into ids (kind, public_id, legacy_id)
  select * from unnest(kinds, public_ids, legacy_ids) on conflict do nothing;
  return true;
end`;

/** It has had no effect and never will. False: it was settled or made void before. */
const makeVoid = `
begin
  perform from keys where key in (select key from entry_keys where entry_id = entry) order by key for update;
  update entries set state = 'void', settled_at = clock_timestamp() where id = entry and state in ('admitted', 'doubt');
  if not found then
    return false;
  end if;
  update keys set in_flight = in_flight - 1 where key in (select key from entry_keys where entry_id = entry);
  return true;
end`;

/** The other side has it, and calls things by these names and shows these times. */
const apply = `
begin
  -- Lost with a server that is killed, it is done again and found done; names of legacy's would not be.
  if cardinality(kinds) = 0 then
    perform set_config('synchronous_commit', 'off', true);
  end if;

  update entries
  set mirror = 'applied', fault = null, pinned = false, verdict = its_verdict,
    mirror_answer = its_answer, mirror_body = its_body, differences = its_differences
  where id = entry;
  insert into ids (kind, public_id, legacy_id)
  select * from unnest(kinds, public_ids, legacy_ids) on conflict do nothing;

  -- A value that the side no longer has is of no use.
  delete from times where side = on_side and key = any (timed_keys);
  insert into times (side, key, field, value, public_value)
  select on_side, shown.* from unnest(time_keys, time_fields, time_values, public_values) as shown on conflict do nothing;
end`;

export const applyOne = {
  name: 'apply',
  head: `(entry uuid, its_answer text, its_body bytea, its_verdict text, its_differences text,
    kinds text[], public_ids text[], legacy_ids text[],
    on_side text, timed_keys text[], time_keys text[], time_fields text[], time_values text[], public_values text[])
    returns void`,
  body: apply,
};

const procedures = [
  {
    name: 'admit',
    head: `(entry uuid, its_epoch integer, its_route text, its_keys text[], its_lists text[], its_sides text[],
      its_request text, its_body bytea, its_expected json) returns text`,
    body: admit,
  },
  {
    name: 'settle',
    head: `(entry uuid, its_answer text, its_body bytea, its_mirror text, made_keys text[],
      kinds text[], public_ids text[], legacy_ids text[]) returns boolean`,
    body: settle,
  },
  { name: 'make_void', head: '(entry uuid) returns boolean', body: makeVoid },
  applyOne,
];

export const up = (db: Kysely<unknown>): Promise<void> => createProcedures(db, procedures);

export const down = (db: Kysely<unknown>): Promise<void> => dropProcedures(db, procedures);
