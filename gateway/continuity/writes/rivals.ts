/**
 * Several creates in doubt may each have made the same elements. Which of them has made which one does not matter, as no client was told an
 * id: there only must not be more elements than creates, as one of them is somebody else's then.
 */
import { type Entry, loadEntries } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import type { Candidate } from '../probe/candidates.ts';
import type { Done } from '../probe/findings.ts';
import type { Sides } from '../sides/sides.ts';
import { lookFor } from './resolved.ts';

export interface RivalGround {
  journal: Journal;
  sides: Sides;
  /** Ids of the other writes in doubt on the same keys. */
  others: readonly string[];
}

/** More creates in doubt than these are a matter for a person. */
const mostRivals = 20;

/** @returns undefined where one of the candidates has to be somebody else's */
export async function chosenAmong(
  { route }: Pick<Entry, 'route'>,
  candidates: readonly Candidate[],
  { journal, sides, others }: RivalGround,
): Promise<Done | undefined> {
  if (others.length === 0 || others.length > mostRivals) return undefined;
  const entries = await loadEntries(await journal.db(), others);
  const rivals = entries.filter(
    (other) => other.route === route && other.side === 'legacy' && isUnresolved(other),
  );
  const claims = new Map(candidates.map(({ id }) => [id, 0]));
  let claimants = 1;
  for (const rival of rivals) {
    const ids = claimedBy(await lookFor(rival, sides)).filter((id) => claims.has(id));
    if (ids.length > 0) claimants += 1;
    for (const id of ids) claims.set(id, (claims.get(id) ?? 0) + 1);
  }
  if (candidates.length > claimants) return undefined;
  const claimsOf = ({ id }: Candidate) => claims.get(id) ?? 0;
  const [chosen] = candidates.toSorted(
    (a, b) => claimsOf(a) - claimsOf(b) || (a.time < b.time ? -1 : a.time > b.time ? 1 : 0),
  );
  return chosen && { seen: 'done', learned: chosen.element, id: chosen.id };
}

const isUnresolved = ({ state }: Entry) => state === 'admitted' || state === 'doubt';

function claimedBy(finding: Awaited<ReturnType<typeof lookFor>>): string[] {
  if (finding.seen === 'done') return finding.id === undefined ? [] : [finding.id];
  return finding.seen === 'unknown' ? (finding.candidates ?? []).map(({ id }) => id) : [];
}
