/** Opens the database of the new backend, ready for use. */
import { Kysely } from 'kysely';
import { type DatabasePlace, dialectOf } from './dialects.ts';
import { migrate } from './migrate.ts';
import type { Database } from './schema.ts';

/** The model that vectors come from; a database holds those of one model only. */
export interface EmbeddingModelId {
  id: string;
  dimension: number;
}

/** The database's vectors come from another model. */
export class OtherModelError extends Error {
  constructor(stored: EmbeddingModelId, wanted: EmbeddingModelId) {
    super(
      `The database has vectors of ${stored.id} (${stored.dimension} dimensions), the program is set to ${wanted.id} (${wanted.dimension}). ` +
        'Set the model that the database has, or start with an empty database and import the documents again.',
    );
    this.name = 'OtherModelError';
  }
}

/**
 * @throws NewerSchemaError, OtherModelError, and the driver's errors where the database cannot be reached
 */
export async function openDatabase(place: DatabasePlace, model: EmbeddingModelId): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect: await dialectOf(place) });
  try {
    await migrate(db);
    await checkModel(db, model);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function checkModel(db: Kysely<Database>, wanted: EmbeddingModelId): Promise<void> {
  await db
    .insertInto('embedding_model')
    .values(wanted)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await db.selectFrom('embedding_model').select(['id', 'dimension']).executeTakeFirstOrThrow();
  if (stored.id !== wanted.id || stored.dimension !== wanted.dimension)
    throw new OtherModelError(stored, wanted);
}
