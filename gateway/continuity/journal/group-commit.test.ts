/** What comes while something is being written down goes together, and nobody pays for another's fault. */
import { expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';

/** Writes when it is told to, and doubles what it was given. */
function slowly(fault: (items: readonly number[]) => unknown = () => undefined) {
  const written: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  const together = new GroupCommit(async (items: readonly number[]) => {
    written.push(items);
    await new Promise<void>((go) => void gates.push(go));
    const thrown = fault(items);
    if (thrown) throw thrown;
    return items.map((item) => 2 * item);
  });
  const next = async () => {
    await expect.poll(() => gates.length).toBeGreaterThan(0);
    gates.shift()?.();
  };
  return { together, written, next };
}

const away = Object.assign(new Error('the connection has ended'), { code: '57P01' });

it('writes what comes in the same turn in one go, and what comes meanwhile in the next', async () => {
  const { together, written, next } = slowly();
  const results = [1, 2, 3].map((item) => together.add(item));
  await expect.poll(() => written.length).toBe(1);
  results.push(together.add(4), together.add(5));
  await next();
  await next();
  expect(await Promise.all(results)).toEqual([2, 4, 6, 8, 10]);
  expect(written).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

it('takes no more than 64 at a time', async () => {
  const { together, written, next } = slowly();
  const results = Array.from({ length: 100 }, (_, item) => together.add(item));
  await next();
  await next();
  await Promise.all(results);
  expect(written.map(({ length }) => length)).toEqual([64, 36]);
});

it('keeps none from being written by another that cannot be', async () => {
  const { together, written, next } = slowly((items) => items.includes(2) && new Error('two'));
  const results = Promise.allSettled([1, 2, 3].map((item) => together.add(item)));
  for (let n = 0; n < 4; n += 1) await next();
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(written).toEqual([[1, 2, 3], [1], [2], [3]]);
});

it('tells all that the database is away, tries none again, and goes on with what comes next', async () => {
  let isGone = true;
  const { together, written, next } = slowly(() => isGone && away);
  const results = Promise.allSettled([1, 2, 3].map((item) => together.add(item)));
  await next();
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  isGone = false;
  const later = together.add(4);
  await next();
  expect(await later).toBe(8);
  expect(written).toEqual([[1, 2, 3], [4]]);
});
