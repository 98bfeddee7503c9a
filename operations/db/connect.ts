/** Opens a database of either form as it is: nothing is migrated or checked. */
import type { PGlite } from '@electric-sql/pglite';
import { Kysely, sql } from 'kysely';
import { type DatabasePlace, type FormOptions, formOf } from './dialects.ts';
import { explained } from './explained.ts';

export interface ConnectOptions extends FormOptions {
  /** That of the tables: PGlite has one session, and the queue sets its search path, so every table is named with its schema. */
  schema: string;
}

/** The bare connection, made with the first query. `destroy()` closes it. */
export function connect<Tables>(
  place: DatabasePlace,
  { schema, ...options }: ConnectOptions,
): Kysely<Tables> {
  const { dialect, pglite } = formOf(place, options);
  const db = new Kysely<Tables>({ dialect }).withSchema(schema);
  if (pglite) embedded.set(db, pglite);
  return db;
}

const embedded = new WeakMap<object, () => Promise<PGlite>>();

/** What is below a database that `connect` opened in a folder; undefined for one at a server. */
export async function pgliteOf(db: object): Promise<PGlite | undefined> {
  return embedded.get(db)?.();
}

/**
 * Closes `db` again where it cannot be made ready.
 * @param makeReady the first queries; unless told, one that asks whether the database is there
 * @throws DatabaseInUseError, DatabaseUnusableError, and what `makeReady` throws
 */
export async function opened<Tables>(
  place: DatabasePlace,
  db: Kysely<Tables>,
  makeReady: () => Promise<unknown> = () => sql`select 1`.execute(db),
): Promise<Kysely<Tables>> {
  try {
    await makeReady();
    return db;
  } catch (error) {
    await db.destroy();
    throw 'url' in place ? explained(error, place.url) : error;
  }
}
