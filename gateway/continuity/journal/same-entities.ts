import type { JournalDb } from './tables.ts';

/** Ids of the entries that touch an entity which this entry touches, itself among them, as a query (`e`) to be narrowed down. */
export const entriesOfSameEntities = (db: JournalDb, id: string) =>
  db
    .selectFrom('entry_keys as own')
    .innerJoin('entry_keys as k', 'k.key', 'own.key')
    .innerJoin('entries as e', 'e.id', 'k.entry_id')
    .select('e.id')
    .where('own.entry_id', '=', id)
    .where('own.key', 'not like', 'list:%');
