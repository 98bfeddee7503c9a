/** The database of the new backend: its schema, its vectors, its times. */
import * as database from '@banyan/operations/db/connect.ts';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import type { Database } from './schema.ts';
import { SCHEMA } from './schema.ts';
import type { Db } from './transaction.ts';
import { binaryVector } from './vector.ts';
import { fromTimestamp } from './wall-time.ts';

/** The bare connection: nothing is migrated or checked. */
export function connect(place: DatabasePlace): Db {
  return database.connect<Database>(place, {
    schema: SCHEMA,
    extensions: { vector },
    timestamp: fromTimestamp,
  });
}

/** Opens it as it is, for whoever only looks. @throws DatabaseInUseError, DatabaseUnusableError */
export function openAsItIs(place: DatabasePlace): Promise<Db> {
  return database.opened(place, connect(place));
}

/** To be called once the tables are there: before, the database does not know the type of vectors. */
export async function takeVectors(db: Db): Promise<void> {
  const pglite = await database.pgliteOf(db);
  if (pglite) await passVectors(pglite);
}

/**
 * Has PGlite turn the text of a vector into binary form before the database gets it: PGlite looks up the serializer by the type of the
 * parameter. The type's number differs from database to database, and before the migrations the type does not exist.
 */
async function passVectors(pglite: PGlite): Promise<void> {
  const { rows } = await pglite.query<{ oid: number }>("select oid from pg_type where typname = 'vector'");
  // PGlite passes bytes on as they are, though the type of a serializer knows only text.
  for (const { oid } of rows) pglite.serializers[oid] = binaryVector as (text: string) => string;
}
