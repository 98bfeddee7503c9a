/** Which faults a run plants. */

/**
 * A part of all of them, another one for each seed in turn: after as many seeds as it takes, every fault was planted.
 * @param seed a number that grows by one from run to run, such as the day's
 */
export function sampleOf<T>(mutants: readonly T[], count: number, seed: number): T[] {
  const start = (seed * count) % mutants.length;
  return [...mutants.slice(start), ...mutants.slice(0, start)].slice(0, count);
}

/** Days since 1970. @param today `2026-01-31` */
export function dayNumber(today: string): number {
  return Math.floor(Date.parse(`${today}T00:00:00Z`) / 86_400_000);
}
