/** What to do about a server that cannot be used. */
import { DatabaseUnusableError } from './errors.ts';

/** PostgreSQL's and the system's codes, https://www.postgresql.org/docs/18/errcodes-appendix.html */
const advice: Record<string, string> = {
  ECONNREFUSED: 'Start it, or correct DATABASE_URL.',
  ENOTFOUND: 'Correct the host in DATABASE_URL.',
  ETIMEDOUT: 'Look at the network between here and there, or correct DATABASE_URL.',
  '28P01': 'Correct the user and password in DATABASE_URL.',
  '28000': 'Correct the user in DATABASE_URL, or let it in with pg_hba.conf.',
  '3D000': 'Make that database, or correct DATABASE_URL.',
  '42501':
    'Let its user make schemas and extensions there, or run `create extension vector` as an administrator first.',
  '0A000': 'Install pgvector on the server; the image pgvector/pgvector has it.',
  '25006': 'It is a standby, or set to be read-only: point DATABASE_URL at the server that takes writes.',
  '53300': 'Raise its max_connections, or end what else is connected.',
};

/** A fault of the connection with what to do about it; any other error as it is. */
export function explained(error: unknown, url: string): unknown {
  const code = (error as { code?: string }).code ?? '';
  const help = advice[code];
  if (help === undefined) return error;
  // Never the password.
  const { host, pathname } = new URL(url);
  const { message } = error as Error;
  return new DatabaseUnusableError(`${host}${pathname}`, message || code, help, error);
}
