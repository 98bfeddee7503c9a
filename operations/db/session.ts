/** One connection to a server, outside of the pool: it ends with the process, and the server's list of sessions shows it. */
import pg from 'pg';
import { explained } from './explained.ts';

export interface Session {
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** How long a statement or the opening may take, in milliseconds. */
const patience = 5000;

/** The server notices within about 11 s that a machine is gone without a word. A Unix socket ignores this. */
const keepAlive =
  'set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3';

/**
 * @param name shown as `application_name`, at most 63 bytes. It is set by a statement, so that a pooler which resets its
 *   connections between clients takes it away with the client.
 * @throws DatabaseUnusableError, or what the driver says
 */
export async function openSession(url: string, name: string): Promise<Session> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: patience,
    query_timeout: patience,
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  client.on('error', () => end());
  client.on('end', () => end());
  const close = () => client.end().catch(() => undefined);
  try {
    await client.connect();
    await client.query(keepAlive);
    await client.query("select set_config('application_name', $1, false)", [name]);
  } catch (error) {
    await close();
    throw explained(error, url);
  }
  return {
    ended,
    close,
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const { rows } = await client.query(text, [...values]);
      return rows as Row[];
    },
  };
}
