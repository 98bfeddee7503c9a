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
