import { chance } from '@banyan/operations/testing/random.ts';
import { expect, it } from 'vitest';
import { salvage } from './salvage.ts';

const random = chance(11);
const pieces = ['"', '\\', '{', '}', '[', ']', ',', ':', 'é', '😀', '\n', '\ud83d', 'x'];

const aText = () => Array.from({ length: random.below(8) }, () => random.of(pieces)).join('');
const anItem = (depth = 0): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: 1 + random.below(3) }, (_, n) => [
      `${n}${aText()}`,
      random.of([
        () => aText(),
        () => random.below(1000),
        () => null,
        () => (depth < 2 ? [anItem(depth + 1)] : []),
      ])(),
    ]),
  );

it('finds just the complete elements, wherever a list is cut', () => {
  for (let round = 0; round < 40; round++) {
    const list = Array.from({ length: random.below(4) }, () => anItem());
    const text = JSON.stringify(list, null, random.of([0, 2]));
    const ends = list.map((_, n) => endOf(text, list.slice(0, n + 1)));
    for (let cut = 1; cut < text.length; cut++) {
      const complete = ends.filter((end) => end <= cut).length;
      expect(salvage(text.slice(0, cut))?.items, text.slice(0, cut)).toEqual(list.slice(0, complete));
    }
  }
});

/** Where the last of the first elements ends in the whole text: where what is before it, closed, parses to them. */
function endOf(text: string, first: unknown[]): number {
  const wanted = JSON.stringify(first);
  for (let at = 0; at < text.length; at++) {
    try {
      if (JSON.stringify(JSON.parse(`${text.slice(0, at)}]`)) === wanted) return at;
    } catch {}
  }
  throw new Error('no end');
}

it.each(['', 'null', '{', '"[', 'x['])('makes nothing of %j', (text) => {
  expect(salvage(text)).toBeUndefined();
});
