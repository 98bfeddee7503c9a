/** Numbers of several rounds, brought down to what is shown. */

/** What rounds of one measurement say: the middle one, and how far they lie apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @throws RangeError without values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('No values to take a median of');
  return (lower + upper) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * How much of `reference` each round reached, compared within the round: what disturbs a machine for a while
 * disturbs neighbours in time alike, and falls out.
 */
export function ratio(values: readonly number[], reference: readonly number[]): Spread {
  if (values.length !== reference.length) throw new RangeError('Rounds to compare must be as many');
  return spread(values.map((value, round) => value / (reference[round] as number)));
}

/** The value that this share of all is at most. @throws RangeError without values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError('No values to take a quantile of');
  return value;
}

/**
 * The same of a histogram: the edge below which this share of all is.
 * @param buckets how many are at most an edge, by the edge
 */
export function quantileOfBuckets(buckets: ReadonlyMap<number, number>, share: number): number {
  const edges = [...buckets.keys()].toSorted((a, b) => a - b);
  const all = buckets.get(edges.at(-1) ?? 0) ?? 0;
  return edges.find((edge) => (buckets.get(edge) ?? 0) >= all * share) ?? 0;
}
