/** Suggestions for a word that is not known. */

/** A longer word is near nothing; comparing it takes time that grows with its length. */
const LONGEST = 200;

/**
 * The candidates that `word` may have been meant to be, nearest first; none where nothing is near.
 * Letter case does not count: `get /api/health` is near `GET /api/health`.
 */
export function nearest(word: string, candidates: readonly string[], atMost = 3): string[] {
  if (word.length > LONGEST) return [];
  const wanted = word.toLowerCase();
  const bound = Math.max(2, Math.floor(word.length / 3));
  return candidates
    .filter((candidate) => Math.abs(candidate.length - word.length) <= bound)
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= bound)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, atMost)
    .map(({ candidate }) => candidate);
}

/** `; did you mean X?`, or nothing. */
export function suggestion(word: string, candidates: readonly string[], quote = '`'): string {
  const [best] = nearest(word, candidates, 1);
  return best === undefined ? '' : `; did you mean ${quote}${best}${quote}?`;
}

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
function distanceBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
