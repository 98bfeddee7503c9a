/** What the mirror writes down before each replay, as a procedure: planned once for a connection. */
import type { Kysely } from 'kysely';
import { createProcedures, dropProcedures } from './procedures.ts';

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

export const sendOne = {
  name: 'send',
  head: '(entry uuid, its_expected text, is_kept boolean) returns boolean',
  body: send,
};

export const up = (db: Kysely<unknown>): Promise<void> => createProcedures(db, [sendOne]);

export const down = (db: Kysely<unknown>): Promise<void> => dropProcedures(db, [sendOne]);
