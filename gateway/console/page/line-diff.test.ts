import { expect, it } from 'vitest';
import { differentLines } from './line-diff.js';

const different = (left: string, right: string) =>
  differentLines([...left], [...right]).map((places) => [...places]);

it.each([
  ['abc', 'abc', [], []],
  ['abc', 'axc', [1], [1]],
  ['ac', 'abc', [], [1]],
  ['abc', 'ac', [1], []],
  ['', 'ab', [], [0, 1]],
  ['xaby', 'baxy', [0, 2], [0, 2]],
  // One element of a list too many, in the middle, leaves the others alike.
  ['[1][3]', '[1][2][3]', [], [4, 5, 3]],
] as const)('%s and %s', (left, right, ofLeft, ofRight) => {
  const [gone, added] = different(left, right);
  expect([gone?.length, added?.length]).toEqual([ofLeft.length, ofRight.length]);
  const kept = (text: string, places: number[] = []) =>
    [...text].filter((_, i) => !places.includes(i)).join('');
  expect(kept(left, gone)).toBe(kept(right, added));
});

it('takes what is too long to be looked through for different, between what is alike', () => {
  const lines = (name: string) => ['same', ...Array.from({ length: 2100 }, (_, i) => `${name}${i}`), 'end'];
  const [left, right] = differentLines(lines('a'), lines('b'));
  expect([left.size, right.size, left.has(0), right.has(2101)]).toEqual([2100, 2100, false, false]);
});
