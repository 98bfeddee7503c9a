import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { keepReads } from './kept-reads.ts';

/** A state with a version, whose reads of the version can be held up. */
function source() {
  const state = { version: 1, reads: 0, looks: 0 };
  const gates: (() => void)[] = [];
  let held = false;
  const kept = keepReads(async () => {
    state.looks++;
    const seen = String(state.version);
    if (held) await new Promise<void>((resolve) => gates.push(resolve));
    return seen;
  });
  return {
    state,
    hold: () => {
      held = true;
    },
    letGo: () => {
      held = false;
      for (const open of gates.splice(0)) open();
    },
    get: (key = 'key') =>
      kept(key, async () => {
        state.reads++;
        return `${key} ${state.version}`;
      }),
    fail: () => kept('key', () => Promise.reject(new Error('away'))),
  };
}

it('reads each thing once for as long as the version stands', async () => {
  const { state, get } = source();
  for (let i = 0; i < 3; i++) expect([await get('a'), await get('b')]).toEqual(['a 1', 'b 1']);
  expect(state).toMatchObject({ reads: 2, looks: 6 });
  state.version = 2;
  expect([await get('a'), await get('b')]).toEqual(['a 2', 'b 2']);
});

it('looks once for all who ask while it looks, and not before they asked', async () => {
  const { state, get, hold, letGo } = source();
  await get();
  hold();
  const early = get();
  await until(() => state.looks >= 2);
  // The look that is under way has seen the old version already.
  state.version = 2;
  const late = Array.from({ length: 50 }, () => get());
  letGo();
  expect(await early).toBe('key 1');
  for (const each of await Promise.all(late)) expect(each).toBe('key 2');
  expect(state).toMatchObject({ reads: 2, looks: 3 });
});

it('does not keep a failure', async () => {
  const { get, fail } = source();
  await expect(fail()).rejects.toThrow('away');
  expect(await get()).toBe('key 1');
});

it('asks again after the version could not be read, and fails nobody who came later', async () => {
  let away = true;
  let looks = 0;
  const kept = keepReads(async () => {
    looks++;
    if (away) throw new Error('away');
    return '1';
  });
  const failing = kept('key', async () => 'value');
  failing.catch(() => {});
  await until(() => looks > 0);
  away = false;
  const next = kept('key', async () => 'value');
  await expect(failing).rejects.toThrow('away');
  expect(await next).toBe('value');
});

it('keeps no more than some hundred things', async () => {
  const { state, get } = source();
  for (let i = 0; i < 300; i++) await get(`key ${i}`);
  await get('key 299');
  expect(state.reads).toBe(300);
  await get('key 0');
  expect(state.reads).toBe(301);
});
