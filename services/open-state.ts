/** Opens what is behind the new backend, in the order in which one part needs the next, and closes it the other way round. */
import { join } from 'node:path';
import type { DatabasePlace } from './db/dialects.ts';
import { openDatabase } from './db/open.ts';
import { databaseStore } from './files/database-store.ts';
import { openDirectoryStore } from './files/directory-store.ts';
import type { State } from './new-backend.ts';
import type { Quirks } from './quirks.ts';
import { plainAnswerer } from './testing/plain-answerer.ts';

export interface StateOptions {
  /** Where the new backend keeps what it has, unless it is at a server. */
  folder: string;
  database: DatabasePlace;
  /** The model's endpoint and key: the relay's. */
  model: { baseUrl: string; key: string };
  quirks: Quirks;
}

const embeddingModel = { id: 'all-MiniLM-L6-v2', dimension: 384 };

/** @throws what `openDatabase` throws; what was opened is closed then */
export async function openState({ folder, database, model }: StateOptions): Promise<State> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async () => {
    for (let part = opened.pop(); part; part = opened.pop()) await part.close();
  };
  const keep = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    opened.push(part);
    return part;
  };
  try {
    const db = await openDatabase(database, embeddingModel);
    keep({ close: () => db.destroy() });
    const files = keep(
      'url' in database ? databaseStore(db) : await openDirectoryStore(join(folder, 'files')),
    );
    const answerer = keep(plainAnswerer(model));
    const dispatcher = keep({ dispatch: () => {}, close: async () => {} });
    return { db, files, dispatcher, answerer, close };
  } catch (error) {
    await close();
    throw error;
  }
}
