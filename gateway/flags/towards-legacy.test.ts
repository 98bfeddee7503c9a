/** Nothing prevents a flip towards legacy: no evidence, no alarm, no fault of the flag file, no database that is away, no full disk. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { expect, it, onTestFinished } from 'vitest';
import { chatTable } from '../test/support/chat-table.ts';
import { flagFolder, until } from '../test/support/flag-folder.ts';
import type { FlagStoreOptions } from './store.ts';

const RENAME = 'PUT /api/chats/:chat_id/rename';
const HEALTH = 'GET /api/health';
const by = { who: 'ada', why: 'test' };
const textOf = (modes: Record<string, string>) =>
  `routes:\n${Object.entries(modes)
    .map(([route, mode]) => `  ${route}: ${mode}\n`)
    .join('')}`;

/** RENAME is in this mode; then everything speaks against the new backend. */
async function against(mode: string, options: Partial<FlagStoreOptions> = {}) {
  const state = { isBad: false };
  const at = flagFolder(textOf({ [RENAME]: mode, [HEALTH]: 'legacy' }));
  const why = () => (state.isBad ? 'something speaks against it.' : undefined);
  const away = async () => {
    if (state.isBad) throw new Error('the database is away');
  };
  const store = await at.open({ lacking: why, alarmed: why, prepare: away, ...options });
  onTestFinished(() => store.close());
  state.isBad = true;
  const modeOf = (route = RENAME) => store.current.routes.get(route)?.mode;
  return { at, store, modeOf };
}

it.each([
  ['new', 'canary:10%'],
  ['new', 'shadow'],
  ['new', 'legacy'],
  ['canary:50%', 'canary:10%'],
  ['canary:50%', 'shadow'],
  ['shadow', 'legacy'],
] as const)('from %s to %s, by command and by hand', async (from, to) => {
  const { store, modeOf } = await against(from);
  await store.change({ target: RENAME, mode: to, ...by });
  expect(modeOf()).toBe(to);
  const hand = await against(from);
  hand.at.write(textOf({ [RENAME]: to }));
  await until(hand.store, () => hand.modeOf() === to);
  expect(hand.store.faults).toEqual([]);
});

it.each([
  ['legacy', 'canary:10%'],
  ['canary:10%', 'canary:50%'],
  ['canary:10%', 'new'],
] as const)('the other way, from %s to %s, it does', async (from, to) => {
  const { at, store, modeOf } = await against(from);
  const forth = store.change({ target: RENAME, mode: to, ...by });
  await expect(forth).rejects.toMatchObject({ code: 'route_alarmed' });
  at.write(textOf({ [RENAME]: to }));
  await until(store, () => store.faults.length > 0);
  expect(modeOf()).toBe(from);
});

it.each(['rollback', 'change'] as const)(
  'a faulty flag file does not prevent it (%s), and the faulty text is kept',
  async (how) => {
    const { at, store, modeOf } = await against('new');
    at.write('routes: [\n');
    await until(store, () => store.faults.length > 0);
    await (how === 'rollback'
      ? store.rollback({ target: RENAME, ...by })
      : store.change({ target: RENAME, mode: 'legacy', ...by }));
    expect([modeOf(), store.faults]).toEqual(['legacy', []]);
    const [aside = ''] = readdirSync(join(at.data, 'flags')).filter((name) => name.startsWith('faulty-'));
    expect(readFileSync(join(at.data, 'flags', aside), 'utf8')).toBe('routes: [\n');
  },
);

it('a data folder that takes nothing does not prevent it, and the faulty text is kept beside the flag file', async () => {
  const { at, store, modeOf } = await against('new');
  at.write('routes: [\n');
  await until(store, () => store.faults.length > 0);
  rmSync(join(at.data, 'flags'), { recursive: true });
  writeFileSync(join(at.data, 'flags'), 'no folder');
  await store.rollback(by);
  expect(modeOf()).toBe('legacy');
  const [aside = ''] = readdirSync(at.folder).filter((name) => name.startsWith('faulty-'));
  expect(readFileSync(join(at.folder, aside), 'utf8')).toBe('routes: [\n');
});

it('a flip that waits for its database does not keep it waiting, and is refused', async () => {
  const silent = new Promise<void>(() => undefined);
  const { store, modeOf } = await against('new', {
    prepare: (routes) => (routes.includes(HEALTH) ? silent : Promise.resolve()),
  });
  const forth = store.change({ target: HEALTH, mode: 'new', force: true, ...by });
  const queued = store.change({ target: HEALTH, mode: 'shadow', ...by });
  await store.rollback({ target: RENAME, ...by });
  expect(modeOf()).toBe('legacy');
  for (const flip of [forth, queued]) await expect(flip).rejects.toThrow('a rollback came first');
  expect(modeOf(HEALTH)).toBe('legacy');
});

it('a text whose routes could not be made ready is not what a rollback puts back', async () => {
  const { at, store, modeOf } = await against('new', {
    lacking: () => undefined,
    alarmed: () => undefined,
  });
  at.write(textOf({ [RENAME]: 'new', [HEALTH]: 'new' }));
  await until(store, () => store.faults.length > 0);
  expect(store.faults[0]?.message).toContain('the database is away');
  await store.rollback({ target: RENAME, ...by });
  expect([modeOf(), modeOf(HEALTH), store.faults]).toEqual(['legacy', 'legacy', []]);
});

it('only what legacy was not given since stays, and the rest of a phase goes', async () => {
  const writes = chatTable.routes.filter(({ access }) => access === 'write').map(({ key }) => key);
  const phase = [HEALTH, ...writes];
  const others = routeKeys(chatTable).filter((key) => !phase.includes(key));
  const head = `phases:\n  writes: [${phase.join(', ')}]\n  others: [${others.join(', ')}]\n`;
  const at = flagFolder(head + textOf(Object.fromEntries(chatTable.routes.map(({ key }) => [key, 'new']))));
  const store = await at.open();
  onTestFinished(() => store.close());
  await store.change({ target: RENAME, mode: 'complete', yes: true, ...by });
  const changed = await store.rollback({ target: 'writes', ...by });
  expect(changed.map(({ route }) => route)).toEqual([HEALTH]);
  const { left } = store.plan({ target: 'writes', mode: 'legacy' });
  expect(left.map(({ route }) => route)).toEqual(writes);
});
