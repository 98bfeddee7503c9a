/**
 * Who has which duty: a row with the holder and a fence that grows with every takeover. The one duty so far is `gateway`: to
 * admit writes and to mirror them. `admit`, `send_all` and `apply_all` take the fence now and refuse one that is not the last,
 * so a program from before this migration can no longer admit or send; `settle` and `make_void` stay as they are, as what a
 * gateway has seen of a write that was admitted is true whoever holds the duty.
 */
import { type Kysely, sql } from 'kysely';
import { createProcedures, dropProcedures } from './procedures.ts';

const schema = 'banyan_journal';

/** A table lock, because it writes nothing. A takeover waits for it, so what was checked holds until the commit. */
const checkFence = `
begin
  lock table duties in row share mode;
  perform from duties where role = its_role and fence = its_fence;
  if not found then
    raise exception 'another holder has taken over the duty %', its_role using errcode = 'BY001';
  end if;
end`;

/**
 * Compare-and-set on the fence that the caller has seen. Null: somebody else was faster. The session is the caller's own
 * connection; where the server keeps no list of sessions (PGlite), it stays unknown.
 */
const takeDuty = `
declare
  taken bigint;
begin
  -- Waits until every transaction that has checked the old fence is over; a new one waits for this.
  lock table duties in exclusive mode;
  insert into duties (role, holder, fence) values (its_role, null, 0) on conflict do nothing;
  perform from duties where role = its_role and fence = seen_fence;
  if not found then
    return null;
  end if;
  delete from gateways where id = (select holder from duties where role = its_role);
  insert into gateways (id, host, place, pid, started, console) values (its_id, its_host, its_place, its_pid, its_start, its_console);
  perform note_session(its_id);
  update duties set holder = its_id, fence = fence + 1 where role = its_role returning fence into taken;
  return taken;
end`;

/** The gateway is reached by this connection from now on. */
const noteSession = `
begin
  update gateways
  set session_pid = pg_backend_pid(), server_started = pg_postmaster_start_time(),
    session_started = (select backend_start from pg_stat_activity where pid = pg_backend_pid())
  where id = its_id;
end`;

/** False: somebody else has taken over. */
const keepDuty = `
begin
  perform from duties where role = its_role and fence = its_fence;
  if not found then
    return false;
  end if;
  perform note_session(its_id);
  return true;
end`;

/** The fence stays: the next holder's is greater. */
const leaveDuty = `
begin
  lock table duties in exclusive mode;
  update duties set holder = null where role = its_role and fence = its_fence and holder = its_id;
  delete from gateways where id = its_id and not exists (select from duties where holder = its_id);
end`;

const admitHead = `its_epoch integer, its_route text, its_keys text[], its_lists text[], its_sides text[],
  its_request text, its_body bytea, its_expected json`;
const applyHead = `answers text[], bodies bytea[], verdicts text[], its_differences text[],
  kinds text[], public_ids text[], legacy_ids text[], timed_sides text[], timed_keys text[],
  time_sides text[], time_keys text[], time_fields text[], time_values text[], public_values text[]`;

const procedures = [
  { name: 'check_fence', head: '(its_role text, its_fence bigint) returns void', body: checkFence },
  { name: 'note_session', head: '(its_id uuid) returns void', body: noteSession },
  {
    name: 'take_duty',
    head: `(its_role text, seen_fence bigint, its_id uuid, its_host text, its_place text, its_pid integer,
      its_start text, its_console text) returns bigint`,
    body: takeDuty,
  },
  {
    name: 'keep_duty',
    head: '(its_role text, its_fence bigint, its_id uuid) returns boolean',
    body: keepDuty,
  },
  {
    name: 'leave_duty',
    head: '(its_role text, its_fence bigint, its_id uuid) returns void',
    body: leaveDuty,
  },
];

/** In place of those of `0009-journal-procedures.ts` and `0011-mirror-together.ts`, which they call. */
const fenced = [
  {
    name: 'admit',
    head: `(its_fence bigint, entry uuid, ${admitHead}) returns text`,
    body: `
begin
  perform check_fence('gateway', its_fence);
  return admit_unfenced(entry, its_epoch, its_route, its_keys, its_lists, its_sides, its_request, its_body, its_expected);
end`,
  },
  {
    name: 'send_all',
    head: '(its_fence bigint, its_entries uuid[], its_expected text[], is_kept boolean) returns uuid[]',
    body: `
begin
  perform check_fence('gateway', its_fence);
  return send_all_unfenced(its_entries, its_expected, is_kept);
end`,
  },
  {
    name: 'apply_all',
    head: `(its_fence bigint, its_entries uuid[], ${applyHead}) returns void`,
    body: `
begin
  perform check_fence('gateway', its_fence);
  perform apply_all_unfenced(its_entries, answers, bodies, verdicts, its_differences, kinds, public_ids, legacy_ids,
    timed_sides, timed_keys, time_sides, time_keys, time_fields, time_values, public_values);
end`,
  },
];

export async function up(db: Kysely<unknown>): Promise<void> {
  const make = db.schema.withSchema(schema);
  await make
    .createTable('gateways')
    // Of one process: a gateway that starts again has another.
    .addColumn('id', 'uuid', (c) => c.primaryKey())
    .addColumn('host', 'text', (c) => c.notNull())
    // Where `pid` can be looked up; null where that cannot be told.
    .addColumn('place', 'text')
    .addColumn('pid', 'integer', (c) => c.notNull())
    // The process's start in its system's own words, as ids of processes come again.
    .addColumn('started', 'text', (c) => c.notNull())
    .addColumn('console', 'text')
    .addColumn('session_pid', 'integer')
    .addColumn('session_started', 'timestamptz')
    .addColumn('server_started', 'timestamptz')
    .addColumn('since', 'timestamptz', (c) => c.notNull().defaultTo(sql`clock_timestamp()`))
    .execute();
  await make
    .createTable('duties')
    .addColumn('role', 'text', (c) => c.primaryKey())
    .addColumn('holder', 'uuid', (c) => c.references('gateways.id').onDelete('set null'))
    .addColumn('fence', 'bigint', (c) => c.notNull())
    .execute();
  await createProcedures(db, procedures);
  for (const { name } of fenced) await rename(db, name, `${name}_unfenced`);
  await createProcedures(db, fenced);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await dropProcedures(db, fenced);
  for (const { name } of fenced) await rename(db, `${name}_unfenced`, name);
  await dropProcedures(db, procedures);
  const make = db.schema.withSchema(schema);
  await make.dropTable('duties').execute();
  await make.dropTable('gateways').execute();
}

const rename = (db: Kysely<unknown>, from: string, to: string) =>
  sql`alter function ${sql.id(schema, from)} rename to ${sql.id(to)}`.execute(db);
