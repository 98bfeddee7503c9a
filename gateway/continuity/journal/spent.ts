/** Bodies that are never sent again: their writes had no effect, or are gone. */
import { sql } from 'kysely';
import type { StoredRequest } from '../protocol/entry.ts';
import { JOURNAL_SCHEMA, type JournalDb } from './tables.ts';

/**
 * Removes the body of a write that had no effect from its row.
 * @returns the file that has it instead, if one does: no entry names it on account of this write any more
 */
export async function dropBody(db: JournalDb, id: string): Promise<string | undefined> {
  const row = await db
    .updateTable('entries')
    .set({ body: null })
    .where('id', '=', id)
    .where('state', 'in', ['settled', 'void'])
    .where('mirror', '=', 'none')
    .returning('request')
    .executeTakeFirst();
  const { bodyFile, ...request } = JSON.parse(row?.request ?? '{}') as StoredRequest;
  if (!bodyFile) return undefined;
  await db
    .updateTable('entries')
    .set({ request: JSON.stringify(request) })
    .where('id', '=', id)
    .execute();
  return bodyFile;
}

/** Whether an entry names a file: several may, where the same was uploaded more than once. */
export async function isNamed(db: JournalDb, bodyFile: string): Promise<boolean> {
  const row = await db
    .selectFrom('entries')
    .select('id')
    .where('request', 'like', `%"bodyFile":"${bodyFile}"%`)
    .executeTakeFirst();
  return row !== undefined;
}

/** All files that entries name. */
export async function namedFiles(db: JournalDb): Promise<Set<string>> {
  const { rows } = await sql<{ file: string }>`
    select distinct substring(request from '"bodyFile":"([0-9a-f]{64})"') as file
    from ${sql.table(`${JOURNAL_SCHEMA}.entries`)} where request like '%"bodyFile":"%'`.execute(db);
  return new Set(rows.map(({ file }) => file));
}
