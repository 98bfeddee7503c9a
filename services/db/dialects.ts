/** The two forms of PostgreSQL: one in this process, and a server. Nothing outside of this file knows which one runs. */
import { mkdir } from 'node:fs/promises';
import { PGlite, types as pgliteTypes } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { type Dialect, PGliteDialect, PostgresDialect } from 'kysely';
import pg from 'pg';

/** Where the database is: in a folder of this process, or at a server. */
export type DatabasePlace = { folder: string | 'memory' } | { url: string; connections?: number };

/** Our tables have a schema of their own: the queue's tables may share the database, and have names like ours. */
export const SCHEMA = 'banyan';

/** Wall times and numbers that do not fit a double stay text. */
const asText = (text: string) => text;
const { TIMESTAMP, INT8 } = pgliteTypes;

export async function dialectOf(place: DatabasePlace): Promise<Dialect> {
  return 'url' in place ? ofServer(place) : ofFolder(place.folder);
}

function ofServer({ url, connections = 10 }: { url: string; connections?: number }): Dialect {
  const types = {
    getTypeParser: ((oid: number, format?: string) =>
      oid === TIMESTAMP || oid === INT8
        ? asText
        : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
  };
  const options = `-c search_path=${SCHEMA},public`;
  const pool = new pg.Pool({ connectionString: url, max: connections, types, options });
  // A connection that breaks while idle is replaced; without a listener it would end the process.
  pool.on('error', () => {});
  return new PostgresDialect({ pool });
}

async function ofFolder(folder: string): Promise<Dialect> {
  if (folder !== 'memory') await mkdir(folder, { recursive: true });
  const pglite = await PGlite.create({
    ...(folder !== 'memory' && { dataDir: folder }),
    extensions: { vector },
    parsers: { [TIMESTAMP]: asText, [INT8]: asText },
  });
  await pglite.exec(`set search_path to ${SCHEMA}, public`);
  return new PGliteDialect({ pglite });
}
