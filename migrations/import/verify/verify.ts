/** Sees whether what was imported is there: by counting, and by asking both stores for the neighbours of the same vectors. */
import { sql } from 'kysely';
import type { Db } from '../../../services/db/transaction.ts';
import { storedChatId } from '../../../services/rows/chat-id.ts';
import type { ChromaReader } from '../chroma/chroma.ts';
import type { Verification } from '../report.ts';
import type { Expected } from './expected.ts';
import { compareNeighbours } from './neighbours.ts';

export interface VerifyOptions {
  expected: readonly Expected[];
  /** The ids of legacy's list, newest first. */
  listed: readonly string[];
  chroma: ChromaReader | undefined;
  seed: number;
  /** How many chats are asked for neighbours, at most. */
  sample: number;
}

export async function verify(db: Db, options: VerifyOptions): Promise<Verification> {
  const here = await countsHere(db);
  const result: Verification = { counted: 0, asked: 0, agreed: 0, missedByChroma: 0, faults: [] };
  // What people have changed meanwhile is not what was imported.
  const unchanged = options.expected.filter(({ id }) => here.get(storedChatId(id))?.changed !== true);
  for (const expected of unchanged) {
    const counts = here.get(storedChatId(expected.id));
    result.counted++;
    for (const what of ['listed', 'messages', 'documents', 'chunks'] as const)
      if (counts?.[what] !== expected[what])
        result.faults.push(
          `${expected.id}: ${what} ${expected[what]} in legacy, ${counts?.[what] ?? 'none'} here`,
        );
  }
  checkOrder(options.listed, here, result.faults);
  if (options.chroma) await compareNeighbours(db, options.chroma, unchanged, options, result);
  return result;
}

interface CountsHere {
  listed: boolean;
  position: bigint;
  messages: number;
  documents: number;
  chunks: number;
  /** Since it was imported. */
  changed: boolean;
}

async function countsHere(db: Db): Promise<Map<string, CountsHere>> {
  const rows = await db
    .with('turns', (w) =>
      w
        .selectFrom('messages')
        .select(['chat_id', (e) => e.fn.countAll<string>().as('n')])
        .groupBy('chat_id'),
    )
    .with('stored', (w) =>
      w
        .selectFrom('chunks as k')
        .innerJoin('documents as d', (on) =>
          on.onRef('d.id', '=', 'k.document_id').onRef('d.attempt', '=', 'k.attempt'),
        )
        .select(['d.chat_id', (e) => e.fn.countAll<string>().as('n')])
        .groupBy('d.chat_id'),
    )
    .with('published', (w) =>
      w
        .selectFrom('documents')
        .where('attempt', 'is not', null)
        .select(['chat_id', (e) => e.fn.countAll<string>().as('n')])
        .groupBy('chat_id'),
    )
    .selectFrom('imported_chats as i')
    .innerJoin('chats as c', 'c.id', 'i.chat_id')
    .leftJoin('turns as t', 't.chat_id', 'c.id')
    .leftJoin('published as p', 'p.chat_id', 'c.id')
    .leftJoin('stored as s', 's.chat_id', 'c.id')
    .select(['c.id', 'c.listed', 'c.position', 't.n as messages', 'p.n as documents', 's.n as chunks'])
    .select(
      sql<boolean>`(c.listed, c.updated_at, c.message_count) is distinct from (i.listed, i.updated_at, i.message_count)`.as(
        'changed',
      ),
    )
    .execute();
  return new Map(
    rows.map(({ id, listed, position, changed, messages, documents, chunks }) => [
      id,
      {
        listed,
        changed,
        position: BigInt(position),
        messages: Number(messages ?? 0),
        documents: Number(documents ?? 0),
        chunks: Number(chunks ?? 0),
      },
    ]),
  );
}

function checkOrder(
  listed: readonly string[],
  here: ReadonlyMap<string, CountsHere>,
  faults: string[],
): void {
  let last: { id: string; position: bigint } | undefined;
  for (const id of listed) {
    const found = here.get(storedChatId(id));
    if (!found?.listed) continue;
    if (last && found.position > last.position)
      faults.push(`${id} stands above ${last.id}, in legacy below it`);
    last = { id, position: found.position };
  }
}
