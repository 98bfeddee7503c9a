/** A rehearsal ends where a cutover would. */
import { expect, it } from 'vitest';
import type { Installation } from './installation.ts';
import { rehearse, type Step } from './rehearse.ts';

/** Without users: what is done, in its order. @param refused a flip that is */
async function rehearsed(refused?: string) {
  const done: string[] = [];
  const installation = {
    url: 'http://127.0.0.1:9',
    phases: { first: ['GET /a'], second: ['GET /b'] },
    async flip(target: string, mode: string) {
      if (`${target} ${mode}` === refused) throw new Error('there is no evidence');
      done.push(`${target} ${mode}`);
    },
    rollback: async (target: string) => void done.push(`${target} back`),
    even: async () => {},
    diff: async () => void done.push('compared'),
    divergences: async () => [],
    stopLegacy: async () => void done.push('legacy is stopped'),
  } satisfies Partial<Installation>;
  const steps: Step[] = [];
  const { faults } = await rehearse({
    installation: installation as unknown as Installation,
    users: 0,
    seed: 1,
    dwell: 0,
    prove: async () => [],
    onStep: (step) => void steps.push(step),
  });
  return { done, faults, last: steps.at(-1)?.what };
}

it('takes every phase forward, back and forward again, and then to its end', async () => {
  const phase = (name: string) => [`${name} new`, `${name} back`, `${name} new`];
  const { done, faults } = await rehearsed();
  expect(done).toEqual([
    ...[...phase('first'), ...phase('second')],
    ...['compared', 'first complete', 'second complete', 'legacy is stopped'],
  ]);
  expect(faults).toEqual([]);
});

it('does nothing after a flip that is refused, and looks at everything all the same', async () => {
  const { done, faults, last } = await rehearsed('second new');
  expect(done).toEqual(['first new', 'first back', 'first new']);
  expect(faults).toEqual(['second: new: there is no evidence']);
  expect(last).toBe('every user looks at everything');
});
