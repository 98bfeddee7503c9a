import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepWhile } from './keep-while.ts';

/** A value with a version, whose reads can be held up. */
function source() {
  const state = { version: 1, reads: 0, looks: 0 };
  const gates: (() => void)[] = [];
  let held = false;
  return {
    state,
    hold: () => {
      held = true;
    },
    letGo: () => {
      held = false;
      for (const open of gates.splice(0)) open();
    },
    readVersion: async () => {
      state.looks++;
      const seen = String(state.version);
      if (held) await new Promise<void>((resolve) => gates.push(resolve));
      return seen;
    },
    read: async () => {
      state.reads++;
      return `value ${state.version}`;
    },
  };
}

it('reads a value once for as long as its version stands', async () => {
  const { state, readVersion, read } = source();
  const kept = keepWhile<string>();
  for (let i = 0; i < 3; i++) expect(await kept(readVersion, read)).toBe('value 1');
  expect(state).toMatchObject({ reads: 1, looks: 3 });
  state.version = 2;
  expect(await kept(readVersion, read)).toBe('value 2');
});

it('looks once for all who ask while it looks, and not before they asked', async () => {
  const { state, readVersion, read, hold, letGo } = source();
  const kept = keepWhile<string>();
  await kept(readVersion, read);
  hold();
  const early = kept(readVersion, read);
  await turn();
  // The look that is under way has seen the old version already.
  state.version = 2;
  const late = Array.from({ length: 50 }, () => kept(readVersion, read));
  letGo();
  expect(await early).toBe('value 1');
  for (const each of await Promise.all(late)) expect(each).toBe('value 2');
  expect(state.looks).toBe(3);
});

it('asks again after a failure, and fails nobody who came later', async () => {
  const { readVersion, read } = source();
  const kept = keepWhile<string>();
  const failing = kept(() => Promise.reject(new Error('away')), read);
  const next = kept(readVersion, read);
  await expect(failing).rejects.toThrow('away');
  expect(await next).toBe('value 1');
});
