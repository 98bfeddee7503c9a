import { UnfitDatabaseError } from '@banyan/operations/db/errors.ts';
import { ImportError } from '../migrations/import/import-error.ts';
import { BanyanError } from './errors.ts';

/** Throws what an import failed with: one of the catalogue where it is nobody's mistake in the code. */
export function asRefusal(error: unknown): never {
  if (error instanceof ImportError)
    throw new BanyanError('import_refused', { reason: error.message, advice: error.advice }, error);
  // These say what to do themselves.
  if (error instanceof UnfitDatabaseError)
    throw new BanyanError('import_refused', { reason: error.message, advice: '' }, error);
  throw error;
}
