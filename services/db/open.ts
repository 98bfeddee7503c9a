/** Opens the database of the new backend, ready for use. */

import { type DatabasePlace, formOf, passVectors } from '@banyan/operations/db/dialects.ts';
import {
  DatabaseUnusableError,
  type EmbeddingModelId,
  OtherModelError,
} from '@banyan/operations/db/errors.ts';
import type { PGlite } from '@electric-sql/pglite';
import { Kysely, sql } from 'kysely';
import { migrate } from './migrate.ts';
import { type Database, SCHEMA } from './schema.ts';

/**
 * Opens it, migrates it, and sees that its vectors come from `model`. `destroy()` closes it.
 * @throws DatabaseInUseError, DatabaseUnusableError, NewerSchemaError, OtherModelError
 */
export async function openDatabase(place: DatabasePlace, model: EmbeddingModelId): Promise<Kysely<Database>> {
  const db = connect(place);
  try {
    await migrate(db);
    await takeVectors(db);
    await checkModel(db, model);
    return db;
  } catch (error) {
    await db.destroy();
    throw 'url' in place ? explained(error, place.url) : error;
  }
}

/**
 * Opens it as it is: nothing is migrated or checked, for whoever only looks.
 * @throws DatabaseInUseError, DatabaseUnusableError
 */
export async function openAsItIs(place: DatabasePlace): Promise<Kysely<Database>> {
  const db = connect(place);
  try {
    await sql`select 1`.execute(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw 'url' in place ? explained(error, place.url) : error;
  }
}

/** The bare connection. Every table is named with its schema: PGlite has one session, and the queue sets its search path. */
export function connect(place: DatabasePlace): Kysely<Database> {
  const { dialect, pglite } = formOf(place);
  const db = new Kysely<Database>({ dialect }).withSchema(SCHEMA);
  if (pglite) embedded.set(db, pglite);
  return db;
}

const embedded = new WeakMap<object, () => Promise<PGlite>>();

/** What is below a database that `openDatabase` opened in a folder; undefined for one at a server. */
export async function pgliteOf(db: Kysely<Database>): Promise<PGlite | undefined> {
  return embedded.get(db)?.();
}

async function takeVectors(db: Kysely<Database>): Promise<void> {
  const pglite = await pgliteOf(db);
  if (pglite) await passVectors(pglite);
}

async function checkModel(db: Kysely<Database>, wanted: EmbeddingModelId): Promise<void> {
  const { id, dimension } = wanted;
  await db
    .insertInto('embedding_model')
    .values({ id, dimension })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await db.selectFrom('embedding_model').select(['id', 'dimension']).executeTakeFirstOrThrow();
  if (stored.id !== id || stored.dimension !== dimension) throw new OtherModelError(stored, wanted);
}

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
