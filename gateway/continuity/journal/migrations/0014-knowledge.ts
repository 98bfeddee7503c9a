/**
 * What the new backend is known to have. A key that has no row is on legacy and unknown on the new backend, until the first sync of its
 * kind has ended: then a missing row means that the new backend has what legacy has of the entity, or that there is no such entity.
 */
import { type Kysely, sql } from 'kysely';
import { createProcedures, dropProcedures } from './procedures.ts';

const schema = 'banyan_journal';

/**
 * As in `0009-journal-procedures.ts`, and: a write goes to the new backend only if that is known to have all of its keys. A key that is
 * seen for the first time is known if the sync of its kind has ended.
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
  insert into keys (key, side, new_base)
  select its.key,
    case when kinds.kind is null then 'legacy'
      else coalesce((select side from keys where key = its.list and in_flight > 0), its_sides[1]) end,
    case when kinds.kind is not null then 0 end
  from unnest(its_keys, its_lists) as its (key, list)
  left join kinds on kinds.kind = substr(its.list, 6) and kinds.known_since is not null
  on conflict do nothing;

  -- Locked in one order by all.
  perform from keys where key = any (its_keys) order by key for update;

  select wanted.side into chosen
  from unnest(its_sides) with ordinality as wanted (side, rank)
  where not exists (
    select from keys as held
    where held.key = any (its_keys)
      and ((wanted.side = 'new' and held.new_base is null)
        or held.side <> wanted.side
        and (held.in_flight > 0 or exists (
          select from entry_keys join entries on entries.id = entry_keys.entry_id
          where entry_keys.key = held.key and entries.mirror in ('owed', 'sending')
        )))
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

/**
 * Gives an entry its place in the order of each of its keys. Null: it was settled or made void before. Otherwise whether the other
 * side is to be given it (`owed`), or not (`none`), or cannot be: the new backend does not have one of its keys, so it lacks all of
 * them from now on, and the sync brings them (`unknown`).
 */
const settle = `
declare
  its_side text;
  its_place bigint;
  is_lacking boolean;
begin
  perform from keys where key in (select key from entry_keys where entry_id = entry) order by key for update;
  its_place := nextval('places');

  select its_mirror = 'owed' and exists (
    select from keys
    where key in (select key from entry_keys where entry_id = entry) and new_base is null
  ) into is_lacking;

  update entries
  set state = 'settled', settled_at = clock_timestamp(), place = its_place,
    answer = its_answer, answer_body = its_body,
    mirror = case when is_lacking and side = 'legacy' then 'none' else its_mirror end
  where id = entry and state in ('admitted', 'doubt')
  returning side into its_side;
  if not found then
    return null;
  end if;
  is_lacking := is_lacking and its_side = 'legacy';

  update keys
  set in_flight = in_flight - 1, head = its_place,
    new_base = case when not is_lacking or key like 'list:%' then new_base end
  where key in (select key from entry_keys where entry_id = entry);
  insert into keys (key, side, head, new_base)
  select unnest(made_keys), its_side, its_place, case when not is_lacking then 0 end
  on conflict do nothing;
  insert into entry_keys (entry_id, key) select entry, unnest(made_keys) on conflict do nothing;
  insert into ids (kind, public_id, legacy_id)
  select * from unnest(kinds, public_ids, legacy_ids) on conflict do nothing;
  return case when is_lacking then 'unknown' else its_mirror end;
end`;

const admitHead = `(entry uuid, its_epoch integer, its_route text, its_keys text[], its_lists text[], its_sides text[],
  its_request text, its_body bytea, its_expected json) returns text`;
const settleHead = `(entry uuid, its_answer text, its_body bytea, its_mirror text, made_keys text[],
  kinds text[], public_ids text[], legacy_ids text[])`;

const procedures = [
  { name: 'admit_unfenced', head: admitHead, body: admit },
  { name: 'settle', head: `${settleHead} returns text`, body: settle },
];

/** The procedures that these take the place of stay in the database under other names, for the way back. */
const before = (name: string) => `${name}_0013`;

export async function up(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  await make
    .createTable('kinds')
    .addColumn('kind', 'text', (c) => c.primaryKey())
    // When the first sync of the kind ended; null while it has not.
    .addColumn('known_since', 'timestamptz')
    // Who has said, and why, that the new backend has everything of the kind, instead of a look at it.
    .addColumn('assumed', 'text')
    .addColumn('paused', 'boolean', (c) => c.notNull().defaultTo(false))
    .execute();
  await make
    .alterTable('keys')
    // Place of the last settled write; the entries themselves are removed when they are old.
    .addColumn('head', 'bigint')
    // The place up to which the new backend is known to have the key. Null: unknown.
    .addColumn('new_base', 'bigint')
    // In which run of legacy it was last known to have the key; a run ends with a restart or a restored backup.
    .addColumn('legacy_inc', 'integer')
    // What a side is known to lack of the key.
    .addColumn('lack', 'text')
    .execute();
  const keys = sql.table(`${schema}.keys`);
  // What the new backend serves, it has. Of the rest a journal from before cannot tell: the sync looks.
  await sql`update ${keys} set new_base = 0 where side = 'new'`.execute(db);
  await sql`update ${keys} set head = (
    select max(e.place) from ${sql.table(`${schema}.entries`)} e
    join ${sql.table(`${schema}.entry_keys`)} k on k.entry_id = e.id where k.key = keys.key)`.execute(db);
  await make
    .alterTable('keys')
    .addCheckConstraint('keys_known', sql`side <> 'new' or new_base is not null`)
    .execute();
  await make
    .createIndex('keys_unknown')
    .on('keys')
    .column('key')
    .where(sql.ref('new_base'), 'is', null)
    .execute();
  for (const { name } of procedures) await rename(db, name, before(name));
  await createProcedures(db, procedures);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await dropProcedures(db, procedures);
  for (const { name } of procedures) await rename(db, before(name), name);
  const make = db.schema.withSchema(schema);
  await make.dropIndex('keys_unknown').execute();
  await make.alterTable('keys').dropConstraint('keys_known').execute();
  await make
    .alterTable('keys')
    .dropColumn('head')
    .dropColumn('new_base')
    .dropColumn('legacy_inc')
    .dropColumn('lack')
    .execute();
  await make.dropTable('kinds').execute();
}

const rename = (db: Kysely<unknown>, from: string, to: string) =>
  sql`alter function ${sql.id(schema, from)} rename to ${sql.id(to)}`.execute(db);
