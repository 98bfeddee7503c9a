/** The row that says which gateway has the database, as `journal/migrations/0012-duties.ts` made it. */
import type { Session } from '@banyan/operations/db/session.ts';
import { JOURNAL_SCHEMA } from '../journal/tables.ts';
import type { ProcessName } from './process.ts';

/** To admit writes and to mirror them. */
const role = 'gateway';

/** What the session of a gateway is called in the server's list. */
export const sessionName = (id: string) => `banyan gateway ${id}`;

/** A gateway that has the database, or had it when it ended. */
export interface Holder extends ProcessName {
  /** Of one process. */
  id: string;
  console: string | undefined;
  /** ISO 8601, by the database's clock. */
  since: string;
  /** Whether its connection is in the server's list; undefined where the server keeps no list. */
  hasSession: boolean | undefined;
  /** The server has not started since its connection was made. */
  isSameServer: boolean;
}

export interface Duty {
  fence: string;
  holder: Holder | undefined;
}

interface Row {
  fence: string;
  id: string | null;
  host: string;
  place: string | null;
  pid: number;
  started: string;
  console: string | null;
  since: Date;
  has_session: boolean | null;
  is_same_server: boolean | null;
}

/** The server shows no start of sessions of other users: such a session counts as the gateway's. */
const dutyText = `
  select d.fence::text as fence, g.id, g.host, g.place, g.pid, g.started, g.console, g.since,
    case when g.session_started is not null then exists (
      select from pg_stat_activity a
      where a.pid = g.session_pid
        and (a.backend_start is null or (a.backend_start = g.session_started and a.application_name = $2 || g.id))
    ) end as has_session,
    g.server_started = pg_postmaster_start_time() as is_same_server
  from ${JOURNAL_SCHEMA}.duties d left join ${JOURNAL_SCHEMA}.gateways g on g.id = d.holder
  where d.role = $1`;

export async function readDuty(session: Pick<Session, 'query'>): Promise<Duty> {
  const [row] = await session.query<Row>(dutyText, [role, sessionName('')]);
  if (!row) return { fence: '0', holder: undefined };
  const { fence, id, host, pid, started, since } = row;
  if (id === null) return { fence, holder: undefined };
  return {
    fence,
    holder: {
      id,
      host,
      place: row.place ?? undefined,
      pid,
      started,
      console: row.console ?? undefined,
      since: since.toISOString(),
      hasSession: row.has_session ?? undefined,
      isSameServer: row.is_same_server === true,
    },
  };
}

/** Whether the migration that makes the table has run. */
export async function hasDuties(session: Pick<Session, 'query'>): Promise<boolean> {
  const [row] = await session.query<{ oid: string | null }>('select to_regclass($1)::text as oid', [
    `${JOURNAL_SCHEMA}.duties`,
  ]);
  return row?.oid != null;
}

/** @returns the new fence; undefined where the duty has changed hands since `seenFence` was read */
export async function takeDuty(
  session: Pick<Session, 'query'>,
  seenFence: string,
  id: string,
  { host, place, pid, started }: ProcessName,
): Promise<string | undefined> {
  const [row] = await session.query<{ fence: string | null }>(
    `select ${JOURNAL_SCHEMA}.take_duty($1, $2, $3, $4, $5, $6, $7, null)::text as fence`,
    [role, seenFence, id, host, place ?? null, pid, started],
  );
  return row?.fence ?? undefined;
}

/** After a new connection. @returns whether the duty is still this gateway's */
export async function keepDuty(session: Session, fence: string, id: string): Promise<boolean> {
  const text = `select ${JOURNAL_SCHEMA}.keep_duty($1, $2, $3) as kept`;
  const [row] = await session.query<{ kept: boolean }>(text, [role, fence, id]);
  return row?.kept === true;
}

/** Reads only. @returns whether the duty is still this gateway's */
export async function holdsDuty(session: Session, fence: string): Promise<boolean> {
  const text = `select from ${JOURNAL_SCHEMA}.duties where role = $1 and fence = $2`;
  return (await session.query(text, [role, fence])).length === 1;
}

export async function leaveDuty(session: Pick<Session, 'query'>, fence: string, id: string): Promise<void> {
  await session.query(`select ${JOURNAL_SCHEMA}.leave_duty($1, $2, $3)`, [role, fence, id]);
}

export async function noteConsole(session: Session, id: string, url: string): Promise<void> {
  await session.query(`update ${JOURNAL_SCHEMA}.gateways set console = $2 where id = $1`, [id, url]);
}
