/** Chance that can be had again: the same seed gives the same choices. */
export interface Chance {
  /** A number from 0 to below `end`. */
  below(end: number): number;
  of<T>(choices: readonly T[]): T;
  /** True once in `n` times. */
  once(n: number): boolean;
}

/** mulberry32 */
export function chance(seed: number): Chance {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (end: number) => Math.floor(next() * end);
  return { below, of: (choices) => choices[below(choices.length)] as never, once: (n) => below(n) === 0 };
}
