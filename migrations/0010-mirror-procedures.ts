/** What the mirror writes down before each replay, as a procedure: planned once for a connection. */
import { type Kysely, sql } from 'kysely';

const schema = 'banyan_journal';

/**
 * From now on the other side may have it; false where a person has decided meanwhile that it is not sent: it was pinned, or
 * skipped. `is_kept`: whether that has to outlast a server that is killed.
 */
const send = `
begin
  if not is_kept then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  update entries
  set mirror = 'sending', mirror_expected = its_expected, mirror_sent_at = clock_timestamp()
  where id = entry and not pinned and mirror in ('owed', 'sending');
  return found;
end`;

export async function up(db: Kysely<unknown>): Promise<void> {
  const head = `${schema}.send(entry uuid, its_expected text, is_kept boolean) returns boolean`;
  const settings = sql`set search_path = ${sql.id(schema)}, pg_temp set plan_cache_mode = force_generic_plan`;
  await sql`create function ${sql.raw(head)} language plpgsql ${settings} as ${sql.lit(send)}`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function ${sql.id(schema, 'send')}`.execute(db);
}
