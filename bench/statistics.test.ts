import { describe, expect, test } from 'vitest';
import { median, ratio, spread } from './statistics.ts';

describe('statistics of rounds', () => {
  test('the median is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('the median of an even number of values lies between the two in the middle', () => {
    expect(median([4, 1, 2, 10])).toBe(3);
  });

  test('numbers are ordered as numbers, not as text', () => {
    expect(median([1000, 9, 80])).toBe(80);
  });

  test('no rounds are a fault, not a zero', () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test('a spread keeps the slowest and the fastest round', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test('a ratio is taken within each round, so a slow spell that hit both falls out', () => {
    expect(ratio([90, 45, 9], [100, 50, 10])).toEqual({ median: 0.9, min: 0.9, max: 0.9 });
  });

  test('rounds that do not pair up are a fault', () => {
    expect(() => ratio([1, 2], [1])).toThrow(RangeError);
  });
});
