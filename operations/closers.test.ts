import { expect, it } from 'vitest';
import { Closers, closedOnFailure } from './closers.ts';

it('closes in reverse, one after the other, and each once', async () => {
  const closed: string[] = [];
  const closers = new Closers();
  closers.use({ close: () => closed.push('first') });
  closers.defer(async () => {
    await new Promise((done) => setImmediate(done));
    closed.push('second');
  });
  await closers.close();
  await closers.close();
  expect(closed).toEqual(['second', 'first']);
});

it('closes the others where one fails, and says how it failed', async () => {
  const closed: string[] = [];
  const closers = new Closers();
  closers.defer(() => closed.push('first'));
  closers.defer(() => {
    throw new Error('stuck');
  });
  await expect(closers.close()).rejects.toThrow('stuck');
  expect(closed).toEqual(['first']);
});

it('closes what was opened before the part that cannot be opened, and says why it cannot', async () => {
  const closed: string[] = [];
  const opening = closedOnFailure(async (closers) => {
    closers.defer(() => closed.push('first'));
    closers.defer(() => Promise.reject(new Error('closing')));
    throw new Error('opening');
  });
  await expect(opening).rejects.toThrow('opening');
  expect(closed).toEqual(['first']);
});
