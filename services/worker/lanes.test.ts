import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Lanes } from './lanes.ts';

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, end: resolve };
}

/** Whether a place is free again within a moment. */
const isFree = (place: Promise<void>) => Promise.race([place.then(() => true), delay(60, false)]);

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
  await place;
  expect(told).toEqual(['long', 'free']);
});

it('lets no more work be long at once than it may, and moves the next when one is done', async () => {
  const lanes = new Lanes({ longAfter: 10, long: 2 });
  const works = [work(), work(), work(), work()];
  const [first, second, third, fourth] = works.map(({ promise }) => lanes.run(promise, () => {}));
  await Promise.all([first, second]);
  expect(await isFree(third as Promise<void>)).toBe(false);
  // It is done before its turn comes: the place goes to the one after.
  works[2]?.end();
  expect(await isFree(third as Promise<void>)).toBe(true);
  works[0]?.end();
  expect(await isFree(fourth as Promise<void>)).toBe(true);
});

it('gives a place back when the work fails', async () => {
  const lanes = new Lanes({ longAfter: 10_000, long: 1 });
  await lanes.run(Promise.reject(new Error('x')), () => {});
});
