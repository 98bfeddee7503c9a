/** An alarm on a route: no flip to `new`, by command, by hand and at the start; only a person who forces it. */
import { expect, it } from 'vitest';
import { type FlagFolder, flagFolder, until } from '../test/support/flag-folder.ts';
import type { FlagStore, FlagStoreOptions } from './store.ts';

const HEALTH = 'GET /api/health';
const textOf = (mode: string, more = '') => `${more}routes:\n  ${HEALTH}: ${mode}\n`;
const why = 'there is an alarm since yesterday.';
const by = { target: HEALTH, mode: 'new', who: 'ada', why: 'test' } as const;
const modeIn = (store: FlagStore) => store.current.routes.get(HEALTH)?.mode;

/** The alarm stands while `alarm.stands`. */
async function opened(
  at: FlagFolder,
  work: (store: FlagStore, alarm: { stands: boolean }) => Promise<void>,
  options: Partial<FlagStoreOptions> = {},
): Promise<void> {
  const alarm = { stands: true };
  const alarmed = (route: string) => (alarm.stands && route === HEALTH ? why : undefined);
  const store = await at.open({ alarmed, ...options });
  try {
    await work(store, alarm);
  } finally {
    await store.close();
  }
}

it.each(['new', 'canary:10%', 'complete'] as const)(
  'a command to %s is refused, and the file stays',
  (mode) => {
    const route = 'GET /api/chats/:chat_id';
    const at = flagFolder('routes: {}\n');
    return opened(
      at,
      async (store) => {
        const flip = store.change({ ...by, target: route, mode, yes: true });
        await expect(flip).rejects.toMatchObject({ code: 'route_alarmed', status: 409 });
        await expect(flip).rejects.toThrow(`${route} is not flipped: ${why}`);
        expect(at.read()).toBe('routes: {}\n');
      },
      { alarmed: (key) => (key === route ? why : undefined) },
    );
  },
);

it('a flip to shadow is not refused, as legacy serves then, nor is one of another route', async () => {
  const at = flagFolder(textOf('legacy'));
  await opened(at, async (store) => {
    expect(await store.change({ ...by, mode: 'shadow' })).toHaveLength(1);
    expect(await store.change({ ...by, target: 'GET /api/chats' })).toHaveLength(1);
  });
});

it.each(['enforce', 'warn'])(
  'an edit by hand is a fault of the file, with `evidence: %s`',
  async (evidence) => {
    const head = `evidence: ${evidence}\n`;
    const at = flagFolder(textOf('legacy', head));
    await opened(at, async (store) => {
      at.write(textOf('new', head));
      await until(store, () => store.faults.length > 0);
      expect(store.faults).toEqual([
        { line: 3, column: 20, message: `\`${HEALTH}\` cannot be \`new\`: ${why}` },
      ]);
      expect(modeIn(store)).toBe('legacy');
    });
    // Edited while no gateway ran.
    await opened(at, async (store) => {
      expect([modeIn(store), store.faults.length]).toEqual(['legacy', 1]);
    });
  },
);

it('a forced command is in force, also after a restart, and the audit log has the alarm', async () => {
  const at = flagFolder(textOf('legacy'));
  await opened(at, async (store) => void (await store.change({ ...by, force: true })));
  expect(at.audit()).toMatchObject([{ to: 'new', who: 'ada', alarm: why }]);
  await opened(at, async (store) => {
    expect([modeIn(store), store.faults]).toEqual(['new', []]);
  });
});

it('a route that `new` serves already stays there, and comes back to legacy, but goes no further', async () => {
  const at = flagFolder(textOf('legacy'));
  await opened(at, async (store, alarm) => {
    alarm.stands = false;
    await store.change({ ...by });
    alarm.stands = true;
    await store.change({ ...by, target: 'GET /api/chats' });
    expect([modeIn(store), store.faults]).toEqual(['new', []]);
    await expect(store.change({ ...by, mode: 'complete', yes: true })).rejects.toMatchObject({
      code: 'route_alarmed',
    });
    await store.rollback({ who: 'ada', why: 'back' });
    expect(modeIn(store)).toBe('legacy');
    await expect(store.change(by)).rejects.toMatchObject({ code: 'route_alarmed' });
  });
});

it('what a person has lifted is in the audit log, and is no flip', async () => {
  const at = flagFolder(textOf('legacy'));
  await opened(at, async (store) => {
    await store.noteLifted({ route: HEALTH, alarm: 'unsupported_id', who: 'ada', why: 'put right' });
    expect(await store.history({ limit: 5 })).toMatchObject([{ lifted: 'unsupported_id', to: 'legacy' }]);
  });
});
