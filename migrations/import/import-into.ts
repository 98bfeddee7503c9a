/** An import into a database that nobody else has open in this process. */
import { stat } from 'node:fs/promises';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { openAsItIs } from '../../services/db/connect.ts';
import type { Db } from '../../services/db/transaction.ts';
import { openDatabase } from '../open.ts';
import { type ImportOptions, importLegacy } from './import.ts';
import type { ImportReport } from './report.ts';
import { legacyModel } from './source/documents.ts';

/**
 * Opens the database, migrates it unless this is a dry run, and imports.
 * @throws ImportError; what `openDatabase` throws
 */
export async function importInto(
  place: DatabasePlace,
  options: Omit<ImportOptions, 'db'>,
): Promise<ImportReport> {
  const db = options.dryRun ? await look(place) : await openDatabase(place, legacyModel);
  try {
    return await importLegacy({ ...options, db });
  } finally {
    await db?.destroy();
  }
}

/** A folder that is not there would be made by opening it. */
async function look(place: DatabasePlace): Promise<Db | undefined> {
  const isThere =
    'url' in place ||
    (await stat(place.folder).then(
      () => true,
      () => false,
    ));
  return isThere ? openAsItIs(place) : undefined;
}
