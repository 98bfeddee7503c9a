import { expect, it } from 'vitest';
import { type CliSystem, createContext } from './context.ts';

it.each([
  ['a terminal of 80 columns', { isTTY: true, columns: 80 }, 80],
  ['a terminal that does not know', { isTTY: true, columns: 0 }, 100],
  ['a file', {}, 100],
])('the output to %s is so wide that it can be read', (_, stdout, width) => {
  expect(createContext({ stdout } as unknown as CliSystem).width).toBe(width);
});

it.each([
  [{ isTTY: true, columns: 80 }, 80],
  [{ isTTY: true, columns: 0 }, 100],
  [{ isTTY: false }, Number.POSITIVE_INFINITY],
])('a table for %j is %d wide at most', (stdout, width) => {
  expect(createContext({ stdout } as unknown as CliSystem).tableWidth).toBe(width);
});
