/** Opens the database of the new backend, ready for use. */
import { opened } from '@banyan/operations/db/connect.ts';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { connect, takeVectors } from '../services/db/connect.ts';
import { checkModel, type EmbeddingModelId } from '../services/db/embedding-model.ts';
import type { Db } from '../services/db/transaction.ts';
import { migrate } from './migrate.ts';

/**
 * Opens it, migrates it, and sees that its vectors come from `model`. `destroy()` closes it.
 * @throws DatabaseInUseError, DatabaseUnusableError, NewerSchemaError, OtherModelError
 */
export function openDatabase(place: DatabasePlace, model: EmbeddingModelId): Promise<Db> {
  const db = connect(place);
  return opened(place, db, async () => {
    await migrate(db);
    await takeVectors(db);
    await checkModel(db, model);
  });
}
