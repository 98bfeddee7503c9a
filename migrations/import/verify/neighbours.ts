/** The neighbours of the same vectors, in Chroma and in PostgreSQL. */

import { chance } from '@banyan/operations/testing/random.ts';
import type { Db } from '../../../services/db/transaction.ts';
import { nearestChunks } from '../../../services/documents/search.ts';
import type { ChromaReader, Neighbours } from '../chroma/chroma.ts';
import type { Verification } from '../report.ts';
import type { Expected } from './expected.ts';

/** As many as an answer is made from. */
const limit = 15;
/** A stored vector and a point between two. */
const vectors = 2;
/** Both compute with 32-bit floats, in another order. */
const tolerance = 1e-5;

/** One that was found. */
export interface Found {
  /** Says which chunk it is: document, place, text. */
  chunk: string;
  distance: number;
}

export async function compareNeighbours(
  db: Db,
  chroma: ChromaReader,
  expected: readonly Expected[],
  { seed, sample }: { seed: number; sample: number },
  result: Verification,
): Promise<void> {
  const choices = expected.filter(({ collection }) => collection !== undefined);
  const random = chance(seed);
  for (let taken = 0; taken < sample && choices.length > 0; taken++) {
    const [chat] = choices.splice(random.below(choices.length), 1);
    if (!chat?.collection) break;
    for (const asked of await chroma.neighbours(chat.collection, { seed, vectors, limit })) {
      const nearest = await nearestChunks(db, { chatId: chat.id, vector: asked.vector, limit });
      const here = nearest.map(({ text, metadata, distance }) => ({
        chunk: chunkOf(text, metadata),
        distance,
      }));
      const verdict = judge(foundIn(asked), here);
      result.asked++;
      if (verdict === 'agree') result.agreed++;
      else if (verdict === 'missed') result.missedByChroma++;
      else result.faults.push(`${chat.id}: other neighbours than Chroma's`);
    }
  }
}

const foundIn = ({ found }: Neighbours): Found[] =>
  found.map(([text, metadata, distance]) => ({ chunk: chunkOf(text, metadata), distance }));

const chunkOf = (text: string | null, metadata: Record<string, unknown> | null): string =>
  JSON.stringify([
    text,
    ...['doc_id', 'type', 'page', 'chunk_index', 'table_index'].map((key) => metadata?.[key]),
  ]);

/**
 * `agree`: the same chunks at the same distances, of which equal ones may stand in any order. `missed`: here is all that Chroma
 * found, unless nearer ones took its place; Chroma's search is approximate, and the one here is exact.
 */
function judge(chroma: readonly Found[], here: readonly Found[]): 'agree' | 'missed' | 'differ' {
  const last = here.at(-1)?.distance ?? 0;
  const full = here.length >= limit;
  const place = new Map(here.map(({ chunk, distance }) => [chunk, distance]));
  for (const { chunk, distance } of chroma) {
    const mine = place.get(chunk);
    if (mine === undefined ? !full || distance < last - tolerance : !same(mine, distance)) return 'differ';
  }
  if (chroma.length !== here.length) return chroma.length < here.length ? 'missed' : 'differ';
  return chroma.every(({ distance }, n) => same(distance, here[n]?.distance ?? Number.NaN))
    ? 'agree'
    : 'missed';
}

const same = (a: number, b: number) => Math.abs(a - b) <= tolerance;
