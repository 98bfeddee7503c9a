import { expect, onTestFinished, test, vi } from 'vitest';
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

test("never goes backwards where the system's clock is set back, and follows it again once that has caught up", () => {
  const system = vi.spyOn(Date, 'now');
  onTestFinished(() => system.mockRestore());
  const real = performance.timeOrigin + performance.now();
  const [first, second] = [wallClock(), wallClock()];
  system.mockReturnValue(Math.round(real) + 60_000);
  const ahead = first();
  // An hour back, by hand or by its time server.
  system.mockReturnValue(Math.round(real) - 3_600_000);
  const back = [first(), second(), wallClock()(), first()];
  expect(back).toEqual([ahead + 1, ahead + 2, ahead + 3, ahead + 4]);
  system.mockReturnValue(Math.round(real) + 120_000);
  expect(Math.abs(second() - (Math.round(real) + 120_000) * 1000)).toBeLessThan(3000);
});
