/** The one place that chooses where originals are kept. */
import { join } from 'node:path';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { Db } from '../db/transaction.ts';
import { databaseStore } from './database-store.ts';
import { openDirectoryStore } from './directory-store.ts';
import type { FileStore } from './file-store.ts';

export interface FilesPlace {
  db: Db;
  /** Where `db` is. */
  place: DatabasePlace;
  /** Originals are here where the database is embedded. */
  dataFolder: string;
}

export async function openFiles(
  { db, place, dataFolder }: FilesPlace,
  scratchFolder?: string,
): Promise<FileStore> {
  return 'url' in place ? databaseStore(db, scratchFolder) : openDirectoryStore(join(dataFolder, 'files'));
}
