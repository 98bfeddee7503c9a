import type { Difference } from '@banyan/compare/answer.ts';
import { expect, it } from 'vitest';
import { Tally } from './tally.ts';

const answer = (text: string) => ({
  status: 200,
  reason: 'OK',
  rawHeaders: [],
  body: Buffer.from(text),
});
const differences: Difference[] = [{ place: 'body $', kind: 'value', left: '1', right: '2' }];

it('keeps both answers of the last divergences, and of no other ones', () => {
  const tally = new Tally();
  tally.compared('GET /', { verdict: 'matched', differences: [] }, { legacy: answer('x'), new: answer('x') });
  for (let i = 1; i <= 60; i += 1)
    tally.compared(
      'GET /',
      { verdict: 'divergent', differences },
      { legacy: answer(`${i}`), new: answer('x') },
    );
  const ids = tally.divergences().map(({ id }) => id);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([50, 'read-60', 'read-11']);
  expect(tally.answers('read-60')?.legacy?.body.toString()).toBe('60');
  expect([tally.answers('read-10'), tally.answers('read-1')]).toEqual([undefined, undefined]);
});

it('keeps no more of them than the memory for it holds, the newest first', () => {
  const tally = new Tally();
  const large = answer('x'.repeat(1024 * 1024));
  for (let i = 1; i <= 20; i += 1)
    tally.compared('GET /', { verdict: 'divergent', differences }, { legacy: large, new: large });
  const kept = tally.divergences().filter(({ id }) => tally.answers(id));
  expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([8, 'read-20', 'read-13']);
  expect(tally.divergences()).toHaveLength(20);
});
