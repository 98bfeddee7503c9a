/** What both sides answered to a write, as the journal has it. */
import type { TwoAnswers } from '../protocol/entry.ts';
import { answerOf } from './entries.ts';
import type { JournalDb } from './tables.ts';

/**
 * Both are in the ids that clients know.
 * @returns undefined where there is no such entry any more
 */
export async function twoAnswers(db: JournalDb, id: string): Promise<TwoAnswers | undefined> {
  const row = await db
    .selectFrom('entries')
    .select(['side', 'answer', 'answer_body', 'mirror_answer', 'mirror_body'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const served = answerOf(parsed(row.answer), row.answer_body);
  const replayed = answerOf(parsed(row.mirror_answer), row.mirror_body);
  return row.side === 'legacy' ? { legacy: served, new: replayed } : { legacy: replayed, new: served };
}

const parsed = (head: string | null) => JSON.parse(head ?? '{}') as object;
