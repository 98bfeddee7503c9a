/** What a route cannot be beside others: completed too early, back from complete, and off legacy without a journal. */
import { expect, it } from 'vitest';
import { boundWithoutJournal } from '../continuity/bound.ts';
import { chatTable } from '../test/support/chat-table.ts';
import { flagFolder, until } from '../test/support/flag-folder.ts';
import type { FlagStore, FlagStoreOptions } from './store.ts';

const by = { who: 'ada', why: 'test' };
const UPLOAD = 'POST /api/chats/:chat_id/upload-pdf';

async function opened(
  text: string,
  work: (store: FlagStore, at: ReturnType<typeof flagFolder>) => Promise<void>,
  options: Partial<FlagStoreOptions> = {},
): Promise<void> {
  const at = flagFolder(text);
  const store = await at.open(options);
  try {
    await work(store, at);
  } finally {
    await store.close();
  }
}

const modeIn = (store: FlagStore, route: string) => store.current.routes.get(route)?.mode;
const allNew = `routes:\n${chatTable.routes.map(({ key }) => `  ${key}: new\n`).join('')}`;

it('a write is not completed while a route of the same data is on legacy, and the refusal names it', () =>
  opened(allNew.replace('GET /api/pdfs: new', 'GET /api/pdfs: shadow'), async (store) => {
    await expect(store.change({ target: UPLOAD, mode: 'complete', yes: true, ...by })).rejects.toMatchObject({
      code: 'mode_refused',
      message: expect.stringContaining('`GET /api/pdfs`. Flip those to `new` first.'),
    });
    expect(modeIn(store, UPLOAD)).toBe('new');
  }));

it('what is completed has no way back: not by command, not by hand, not after a restart', () =>
  opened(allNew, async (store, at) => {
    await store.change({ target: UPLOAD, mode: 'complete', yes: true, ...by });
    const completed = at.read();
    await expect(store.change({ target: UPLOAD, mode: 'new', ...by })).rejects.toThrow('no way back');
    expect(await store.rollback({ target: 'GET /api/pdfs', ...by })).toEqual([]);
    expect(modeIn(store, 'GET /api/pdfs')).toBe('new');
    at.write(allNew);
    await until(store, () => store.faults.length > 0);
    expect(store.faults[0]?.message).toContain('no way back');
    expect(modeIn(store, UPLOAD)).toBe('complete');
    await store.close();
    const again = await at.open();
    expect([modeIn(again, UPLOAD), again.faults.length]).toEqual(['complete', 1]);
    at.write(completed);
    await until(again, () => again.faults.length === 0);
    await again.close();
  }));

it('a rollback of everything leaves out what has no way back, and takes the rest', () =>
  opened(allNew, async (store) => {
    await store.change({ target: UPLOAD, mode: 'complete', yes: true, ...by });
    const changed = await store.rollback(by);
    // All but the health route share chats or jobs with an upload.
    expect(changed.map(({ route }) => route)).toEqual(['GET /api/health']);
    const { left } = store.plan({ target: undefined, mode: 'legacy' });
    expect(left).toHaveLength(chatTable.routes.length - 1);
    expect(left).toContainEqual({
      route: UPLOAD,
      mode: 'complete',
      reason: expect.stringContaining('Completed'),
    });
    expect(left).toContainEqual({
      route: 'GET /api/pdfs',
      mode: 'new',
      reason: expect.stringContaining(`Data in common with ${UPLOAD}`),
    });
  }));

it('a guard hears that it could not roll back a route that has no way back', () =>
  opened(allNew, async (store) => {
    await store.change({ target: UPLOAD, mode: 'complete', yes: true, ...by });
    const guard = { target: 'GET /api/pdfs', how: 'guard', ...by } as const;
    await expect(store.rollback(guard)).rejects.toMatchObject({ code: 'mode_refused' });
  }));

it('nothing is completed without a person who says so', () =>
  opened(allNew, async (store) => {
    const refused = store.change({ target: UPLOAD, mode: 'complete', ...by });
    await expect(refused).rejects.toMatchObject({ code: 'complete_unconfirmed', status: 409 });
    expect(modeIn(store, UPLOAD)).toBe('new');
  }));

it('if no journal can be kept, only what has no state leaves legacy', async () => {
  const bound = boundWithoutJournal({ setting: 'on', canKeep: false, table: chatTable });
  await opened(
    'routes: {}\n',
    async (store, at) => {
      await store.change({ target: 'GET /api/health', mode: 'new', ...by });
      await expect(store.change({ target: 'GET /api/chats', mode: 'shadow', ...by })).rejects.toThrow(
        'GET /api/chats cannot be shadow: it has state',
      );
      at.write('routes:\n  GET /api/chats: new\n');
      await until(store, () => store.faults.length > 0);
      expect(store.faults[0]).toMatchObject({ line: 2, column: 19 });
      expect(store.faults[0]?.message).toContain('start Banyan with CONTINUITY=off');
    },
    { bound },
  );
});

it.each(['on', 'off'] as const)('with CONTINUITY=%s every route may', (setting) =>
  opened(
    'routes: {}\n',
    async (store) => {
      const target = 'GET /api/chats';
      expect(await store.change({ target, mode: 'new', ...by })).toHaveLength(1);
    },
    { bound: boundWithoutJournal({ setting, canKeep: setting === 'on', table: chatTable }) },
  ),
);
