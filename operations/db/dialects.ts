/** The two forms of PostgreSQL: one in this process, and a server. Nothing outside of this file knows which one runs. */
import { mkdir, realpath } from 'node:fs/promises';
import { type Extensions, PGlite, types as pgliteTypes } from '@electric-sql/pglite';
import { type Dialect, PGliteDialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import { takeLock } from '../processes/lock.mjs';
import { isUnusable } from './away.ts';
import { DatabaseInUseError } from './errors.ts';
import { SyncedFolder, syncedStart } from './synced-folder.ts';

/** Where the database is: in a folder of this process, or at a server. */
export type DatabasePlace = Folder | Server;

export interface Folder {
  /** One process at a time; `memory` is gone with the process. */
  folder: string | 'memory';
  /** What a new database starts from, instead of from nothing: a dump of PGlite's. */
  from?: Blob;
}

export interface Server {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** At most; 10 unless told. */
  connections?: number;
}

/** What an application wants of either form. */
export interface FormOptions {
  /** Of PGlite, by name; a server has its own. */
  extensions?: Extensions;
  /** What a `timestamp` (without a zone) is read as; a Date unless told. */
  timestamp?: (text: string) => string;
}

const asText = (text: string) => text;
const { TIMESTAMP, INT8 } = pgliteTypes;

type Parsers = Record<number, (text: string) => string>;

/** Numbers that do not fit a double stay text. */
const parsersOf = ({ timestamp }: FormOptions): Parsers => ({
  [INT8]: asText,
  ...(timestamp && { [TIMESTAMP]: timestamp }),
});

export interface Form {
  dialect: Dialect;
  /** Of a folder: what kysely drives, for the queue, which does without kysely. */
  pglite?: () => Promise<PGlite>;
}

/** Nothing is opened before the first query, which fails with a DatabaseInUseError where another process has the folder. */
export function formOf(place: DatabasePlace, options: FormOptions = {}): Form {
  const parsers = parsersOf(options);
  if ('url' in place) return { dialect: ofServer(place, parsers) };
  let opening: Promise<PGlite> | undefined;
  const pglite = () => {
    opening ??= openFolder(place, { parsers, ...options });
    return opening;
  };
  return { dialect: new PGliteDialect({ pglite }), pglite };
}

function ofServer({ url, connections = 10 }: Server, parsers: Parsers): Dialect {
  const getTypeParser = (oid: number, format?: string) =>
    parsers[oid] ?? pg.types.getTypeParser(oid, format as 'text');
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types: { getTypeParser: getTypeParser as typeof pg.types.getTypeParser },
    // A server can be set to print times in another way.
    onConnect: async (client) => {
      await client.query('set datestyle to iso');
    },
  });
  endureBreaks(pool);
  return new PostgresDialect({ pool });
}

/**
 * A connection that breaks, or that says that its server cannot be used, is replaced, and whoever has it is told by its query;
 * without listeners a break would end the process.
 */
export function endureBreaks(pool: pg.Pool): void {
  const unusable = new WeakSet<pg.PoolClient>();
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    client.on('error', () => {});
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]) => {
      const result = query(...args);
      // Of `pool.query`, which has a callback, the pool itself discards a connection with any error.
      if (result instanceof Promise)
        result.catch((error: unknown) => {
          if (isUnusable(error)) unusable.add(client);
        });
      return result;
    };
    client.query = watched as typeof client.query;
  });
  // The pool looks after this whether the connection is ending, and does not keep it then.
  pool.on('release', (_, client) => {
    if (unusable.has(client)) void client.end().catch(() => {});
  });
}

async function openFolder(
  { folder, from }: Folder,
  { parsers, extensions = {} }: FormOptions & { parsers: Parsers },
): Promise<PGlite> {
  const options = { extensions, parsers, ...(from && { loadDataDir: from }) };
  if (folder === 'memory') return PGlite.create(options);
  await mkdir(folder, { recursive: true });
  const dataDir = await realpath(folder);
  // PGlite itself lets a second process in, and the two ruin the data.
  const lock = takeLock(`${dataDir}.lock`);
  if ('heldBy' in lock) throw new DatabaseInUseError(folder, lock.heldBy);
  try {
    const fs = new SyncedFolder(dataDir);
    const pglite = await PGlite.create({ ...options, fs, startParams: syncedStart });
    const close = pglite.close.bind(pglite);
    pglite.close = () => close().finally(lock.release);
    return pglite;
  } catch (error) {
    lock.release();
    throw error;
  }
}
