import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lanes } from './lanes.ts';

// The clock stands still unless a test moves it, so a busy machine changes nothing.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, end: resolve };
}

/** Whether a place is free again, once everything that was ready to run has run. */
async function isFree(place: Promise<void> | undefined): Promise<boolean> {
  let free = false;
  void place?.then(() => {
    free = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return free;
}

it('gives a place back when the work is done', async () => {
  const lanes = new Lanes({ longAfter: 10_000, long: 1 });
  const one = work();
  const place = lanes.run(one.promise, () => {});
  expect(await isFree(place)).toBe(false);
  one.end();
  expect(await isFree(place)).toBe(true);
});

it('gives a place back when the work takes long, and says so first', async () => {
  const lanes = new Lanes({ longAfter: 10, long: 1 });
  const told: string[] = [];
  const place = lanes.run(work().promise, () => told.push('long')).then(() => told.push('free'));
  await vi.advanceTimersByTimeAsync(9);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await place;
  expect(told).toEqual(['long', 'free']);
});

it('lets no more work be long at once than it may, and moves the next when one is done', async () => {
  const lanes = new Lanes({ longAfter: 10, long: 2 });
  const works = [work(), work(), work(), work()];
  const [first, second, third, fourth] = works.map(({ promise }) => lanes.run(promise, () => {}));
  await vi.advanceTimersByTimeAsync(10);
  expect([await isFree(first), await isFree(second), await isFree(third)]).toEqual([true, true, false]);
  // It is done before its turn comes: the place goes to the one after.
  works[2]?.end();
  expect([await isFree(third), await isFree(fourth)]).toEqual([true, false]);
  works[0]?.end();
  expect(await isFree(fourth)).toBe(true);
});

it('gives a place back when the work fails, as work that is not long any more', async () => {
  const lanes = new Lanes({ longAfter: 10, long: 1 });
  expect(await isFree(lanes.run(Promise.reject(new Error('x')), () => {}))).toBe(true);
  const failing = Promise.withResolvers<void>();
  expect(await isFree(lanes.run(failing.promise, () => {}))).toBe(false);
  await vi.advanceTimersByTimeAsync(10);
  const waiting = lanes.run(work().promise, () => {});
  await vi.advanceTimersByTimeAsync(10);
  expect(await isFree(waiting)).toBe(false);
  failing.reject(new Error('x'));
  expect(await isFree(waiting)).toBe(true);
});
