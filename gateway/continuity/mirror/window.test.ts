/** What the mirror holds in memory is never older than the last invalidation. */
import type { KyselyPlugin } from 'kysely';
import { expect, it } from 'vitest';
import { journalOf } from '../journal/tables.ts';
import { onBothDatabases } from '../testing/both.ts';
import { fillJournal } from '../testing/fill-journal.ts';
import { Window } from './window.ts';

/** Holds the rows of each query that were read until `released`. */
function heldRows() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: read, resolve: onRead } = Promise.withResolvers<void>();
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      onRead();
      await released;
      return result;
    },
  };
  return { plugin, read, release };
}

onBothDatabases((database) => {
  it('discards entries that were read before a write was pinned', async () => {
    await fillJournal(database.db);
    const db = journalOf(database.db);
    let seen = db;
    const window = new Window({ db: async () => seen, isShared: () => false });
    await window.read(() => false);
    expect(window.entries).toMatchObject([{ keys: ['note:owed'] }]);
    const { plugin, read, release } = heldRows();
    seen = db.withPlugin(plugin);
    const reading = window.read(() => false);
    await read;
    await db.updateTable('entries').set({ pinned: true }).where('mirror', '=', 'owed').execute();
    window.invalidate();
    release();
    expect(await reading).toBe(false);
    expect([window.entries, window.isStale]).toEqual([[], true]);
    expect(await window.read(() => false)).toBe(true);
    expect(window.entries).toEqual([]);
  });
});
