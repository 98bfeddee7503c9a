/** Where a test finds what was set up once, and numbers that repeat. */
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');

/** The folder that has the legacy app's Python environment. */
export const setupFolder =
  process.env.BANYAN_SETUP ?? resolve(root, process.env.BANYAN_DATA ?? '.banyan', 'setup');

/** @returns numbers from 0 up to, not including, the limit; the same ones for the same seed (mulberry32) */
export function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  };
}
