import { expect, test } from 'vitest';
import { wallClock } from './clock.ts';

test("follows the system's clock, in microseconds", () => {
  const now = wallClock();
  const seen = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    const before = Date.now();
    const micros = now();
    const after = Date.now();
    expect(Number.isInteger(micros)).toBe(true);
    expect(micros).toBeGreaterThanOrEqual((before - 3) * 1000);
    expect(micros).toBeLessThanOrEqual((after + 4) * 1000);
    seen.add(micros % 1000);
  }
  // Not milliseconds with three zeros.
  expect(seen.size).toBeGreaterThan(100);
});
