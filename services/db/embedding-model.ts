/** A database holds the vectors of one model, and knows which. */
import { UnfitDatabaseError } from '@banyan/operations/db/errors.ts';
import type { Db } from './transaction.ts';

/** The model that vectors come from; a database holds those of one model only. */
export interface EmbeddingModelId {
  id: string;
  dimension: number;
}

/** The database's vectors come from another model. */
export class OtherModelError extends UnfitDatabaseError {
  constructor(stored: EmbeddingModelId, wanted: EmbeddingModelId) {
    super(
      `The database has vectors of ${stored.id} (${stored.dimension} dimensions), the program is set to ${wanted.id} (${wanted.dimension}). ` +
        'Set the model that the database has in services/rag/configuration.ts, or start with an empty database ' +
        '(another BANYAN_DATA, or another one in DATABASE_URL) and upload the documents again.',
    );
    this.name = 'OtherModelError';
  }
}

/** Stores the model's name where there is none yet. @throws OtherModelError */
export async function checkModel(db: Db, wanted: EmbeddingModelId): Promise<void> {
  const { id, dimension } = wanted;
  await db
    .insertInto('embedding_model')
    .values({ id, dimension })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await db.selectFrom('embedding_model').select(['id', 'dimension']).executeTakeFirstOrThrow();
  if (stored.id !== id || stored.dimension !== dimension) throw new OtherModelError(stored, wanted);
}
