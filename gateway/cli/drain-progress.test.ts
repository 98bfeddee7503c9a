import { expect, it } from 'vitest';
import { whileDraining } from './drain-progress.ts';

function journalOf(...left: number[]) {
  const asked = { times: 0 };
  const get = async () => {
    const lag = { legacy: left[Math.min(asked.times++, left.length - 1)] ?? 0, new: 0 };
    return { lag, underWay: 0, doubt: 0 };
  };
  return { asked, gateway: { get: get as never } };
}

it('shows on a terminal how much is left, until the flip is in force', async () => {
  const shown: string[] = [];
  const { asked, gateway } = journalOf(4, 1);
  const { promise, resolve } = Promise.withResolvers<string>();
  const progress = (line: string) => {
    shown.push(line);
    if (asked.times === 2) resolve('in force');
  };
  expect(await whileDraining({ isTerminal: true, progress }, gateway, promise)).toBe('in force');
  expect(shown).toEqual([
    `${'░'.repeat(30)} 0 %  4 writes are not on both backends yet`,
    expect.stringMatching(/^█{23}░{7} 75 % {2}1 write is not/),
    '',
  ]);
});

it('shows nothing where the flip is quick, or nobody looks', async () => {
  const shown: string[] = [];
  const { asked, gateway } = journalOf(4);
  const progress = (line: string) => void shown.push(line);
  await whileDraining({ isTerminal: true, progress }, gateway, Promise.resolve());
  await whileDraining({ isTerminal: false, progress }, gateway, Promise.resolve());
  expect([shown, asked.times]).toEqual([[''], 0]);
});

it('says of a flip that is refused what the gateway says, and takes the bar away', async () => {
  const shown: string[] = [];
  const progress = (line: string) => void shown.push(line);
  const refused = Promise.reject(new Error('refused'));
  await expect(whileDraining({ isTerminal: true, progress }, journalOf(1).gateway, refused)).rejects.toThrow(
    'refused',
  );
  expect(shown).toEqual(['']);
});
