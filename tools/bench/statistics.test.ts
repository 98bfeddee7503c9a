import { describe, expect, test } from 'vitest';
import { median, quantile, quantileOfBuckets, ratio, spread } from './statistics.ts';

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

  test('a quantile is a value that was measured, and never a smaller one than it should be', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.99)]).toEqual([50, 99, 7]);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  test('a quantile of a histogram is the edge that so many are at most', () => {
    const buckets = new Map([
      [0.25, 99],
      [0.001, 90],
      [Number.POSITIVE_INFINITY, 100],
    ]);
    expect([0.5, 0.9, 0.91, 0.99, 1].map((share) => quantileOfBuckets(buckets, share))).toEqual([
      ...[0.001, 0.001, 0.25, 0.25],
      Number.POSITIVE_INFINITY,
    ]);
  });
});
