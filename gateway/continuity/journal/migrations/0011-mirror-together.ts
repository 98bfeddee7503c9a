/**
 * What the mirror writes down of several entries in one go: one round trip and one commit for all that come to it at once. In
 * place of `apply` of `0009-journal-procedures.ts` and `send` of `0010-mirror-procedures.ts`, which were for one.
 */
import type { Kysely } from 'kysely';
import { applyOne } from './0009-journal-procedures.ts';
import { sendOne } from './0010-mirror-procedures.ts';
import { createProcedures, dropProcedures } from './procedures.ts';

/**
 * From now on the other side may have them; returned are those that may be sent: others were pinned or skipped by a person
 * meanwhile. `is_kept`: whether that has to outlast a server that is killed.
 */
const send = `
declare
  sent uuid[] := '{}';
begin
  if not is_kept then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  for i in 1 .. cardinality(its_entries) loop
    update entries
    set mirror = 'sending', mirror_expected = its_expected[i], mirror_sent_at = clock_timestamp()
    where id = its_entries[i] and not pinned and mirror in ('owed', 'sending');
    if found then
      sent := sent || its_entries[i];
    end if;
  end loop;
  return sent;
end`;

/** The other side has them, and calls things by these names and shows these times. */
const apply = `
begin
  -- Lost with a server that is killed, it is done again and found done; names of legacy's would not be.
  if cardinality(kinds) = 0 then
    perform set_config('synchronous_commit', 'off', true);
  end if;

  for i in 1 .. cardinality(its_entries) loop
    update entries
    set mirror = 'applied', fault = null, pinned = false, verdict = verdicts[i],
      mirror_answer = answers[i], mirror_body = bodies[i], differences = its_differences[i]
    where id = its_entries[i];
  end loop;
  insert into ids (kind, public_id, legacy_id)
  select * from unnest(kinds, public_ids, legacy_ids) on conflict do nothing;

  -- A value that a side no longer has is of no use.
  for i in 1 .. cardinality(timed_keys) loop
    delete from times where side = timed_sides[i] and key = timed_keys[i];
  end loop;
  insert into times (side, key, field, value, public_value)
  select * from unnest(time_sides, time_keys, time_fields, time_values, public_values) on conflict do nothing;
end`;

const procedures = [
  {
    name: 'send_all',
    head: '(its_entries uuid[], its_expected text[], is_kept boolean) returns uuid[]',
    body: send,
  },
  {
    name: 'apply_all',
    head: `(its_entries uuid[], answers text[], bodies bytea[], verdicts text[], its_differences text[],
      kinds text[], public_ids text[], legacy_ids text[], timed_sides text[], timed_keys text[],
      time_sides text[], time_keys text[], time_fields text[], time_values text[], public_values text[]) returns void`,
    body: apply,
  },
];

export async function up(db: Kysely<unknown>): Promise<void> {
  await dropProcedures(db, [applyOne, sendOne]);
  await createProcedures(db, procedures);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await dropProcedures(db, procedures);
  await createProcedures(db, [applyOne, sendOne]);
}
