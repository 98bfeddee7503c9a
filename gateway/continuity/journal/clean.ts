/** Takes away what nobody needs any more: entries that both sides have, compared, once they are old. */
import { sql } from 'kysely';
import type { Bodies } from '../bodies/bodies.ts';
import type { StoredRequest } from '../protocol/entry.ts';
import type { JournalDb } from './tables.ts';

const atOnce = 500;

/**
 * @param age of what is taken away, in seconds since it was settled or made void; divergent ones are kept ten times as long
 * @returns how many entries were
 */
export async function clean(db: JournalDb, age: number, bodies: Bodies): Promise<number> {
  let cleaned = 0;
  for (;;) {
    const old = db
      .selectFrom('entries')
      .select('id')
      .where('state', 'in', ['settled', 'void'])
      .where('mirror', 'in', ['none', 'applied', 'skipped'])
      .where(
        sql<boolean>`settled_at < clock_timestamp()
          - ${age}::float8 * (case when verdict = 'divergent' then 10 else 1 end) * interval '1 second'`,
      )
      .limit(atOnce);
    const rows = await db.deleteFrom('entries').where('id', 'in', old).returning('request').execute();
    for (const { request } of rows) {
      const { bodyFile } = JSON.parse(request) as StoredRequest;
      if (bodyFile) await bodies.remove(bodyFile);
    }
    cleaned += rows.length;
    if (rows.length < atOnce) return cleaned;
  }
}
