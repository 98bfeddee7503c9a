/** No evidence, no flip: by command, by hand, and at the start. */
import { expect, it } from 'vitest';
import { type FlagFolder, flagFolder, until } from '../test/support/flag-folder.ts';
import type { FlagStore } from './store.ts';

const legacy = 'routes:\n  GET /api/health: legacy\n';
const flipped = 'routes:\n  GET /api/health: new\n';
const why = 'There is no evidence yet. Run it.';
const by = { target: 'GET /api/health', mode: 'new', who: 'ada', why: 'test' } as const;

const modeIn = (store: FlagStore) => store.current.routes.get('GET /api/health')?.mode;

async function opened<T>(at: FlagFolder, work: (store: FlagStore) => Promise<T>, lacking = true): Promise<T> {
  const store = await at.open({
    lacking: (route) => (lacking && route === 'GET /api/health' ? why : undefined),
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

it('a command is refused with the reason, and the file stays', async () => {
  const at = flagFolder(legacy);
  await opened(at, async (store) => {
    await expect(store.change(by)).rejects.toMatchObject({ code: 'no_evidence' });
    await expect(store.change(by)).rejects.toThrow(`GET /api/health is not flipped: ${why}`);
    expect([modeIn(store), at.read()]).toEqual(['legacy', legacy]);
  });
});

it('a command with evidence is not refused, nor is a rollback without', async () => {
  const at = flagFolder(legacy);
  await opened(at, async (store) => expect(await store.change(by)).toHaveLength(1), false);
  await opened(at, async (store) => {
    expect(modeIn(store)).toBe('new');
    await store.rollback({ who: 'ada', why: 'back' });
    expect(modeIn(store)).toBe('legacy');
    await expect(store.change(by)).rejects.toMatchObject({ code: 'no_evidence' });
  });
});

it('a forced command is in force, also after a restart, and audited with what was lacking', async () => {
  const at = flagFolder(legacy);
  await opened(at, (store) => store.change({ ...by, force: true }));
  expect(at.audit()).toMatchObject([{ to: 'new', lacking: why }]);
  await opened(at, async (store) => {
    expect([modeIn(store), store.faults]).toEqual(['new', []]);
  });
});

it('an edit by hand is a fault of the file, with line and column, and changes nothing', async () => {
  const at = flagFolder(legacy);
  await opened(at, async (store) => {
    at.write(flipped);
    await until(store, () => store.faults.length > 0);
    expect(store.faults).toEqual([
      { line: 2, column: 20, message: `\`GET /api/health\` cannot be \`new\`: ${why}` },
    ]);
    expect(modeIn(store)).toBe('legacy');
    at.write(legacy);
    await until(store, () => store.faults.length === 0);
  });
});

it('an edit while no gateway ran is one too, and the last good flags stay in force', async () => {
  const at = flagFolder(legacy);
  await opened(at, async () => {});
  at.write(flipped);
  await opened(at, async (store) => {
    expect([modeIn(store), store.faults.length]).toEqual(['legacy', 1]);
  });
});

it('what is in force needs no evidence again when another route is flipped', async () => {
  const at = flagFolder(legacy);
  await opened(at, (store) => store.change({ ...by, force: true }));
  await opened(at, async (store) => {
    await store.change({ ...by, target: 'GET /api/chats' });
    expect([modeIn(store), store.current.routes.get('GET /api/chats')?.mode]).toEqual(['new', 'new']);
  });
});

it('with `evidence: warn` it is flipped, by hand too, and the audit log says what was lacking', async () => {
  const at = flagFolder(`evidence: warn\n${legacy}`);
  await opened(at, async (store) => {
    at.write(`evidence: warn\n${flipped}`);
    await until(store, () => modeIn(store) === 'new');
    expect(store.faults).toEqual([]);
  });
  expect(at.audit()).toMatchObject([{ to: 'new', how: 'file', lacking: why }]);
});
