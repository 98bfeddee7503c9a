/** The order of entries that overlapped. */
import { expect, it, onTestFinished } from 'vitest';
import { onFailpoint } from '../../failpoints.ts';
import { loadEntries } from '../../journal/entries.ts';
import { owedRows } from '../../journal/mirrored.ts';
import { Sides } from '../../sides/sides.ts';
import { onBothDatabases } from '../../testing/both.ts';
import { startRig } from '../../testing/rig.ts';
import { isFirst } from './overlaps.ts';

onBothDatabases((database) => {
  it('leaves an entry that is no longer owed in its place, where the others change theirs', async () => {
    const rig = await startRig(database.db);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const undo = onFailpoint('replay', () => held);
    onTestFinished(() => {
      undo();
      release();
    });
    for (let i = 0; i < 3; i += 1) await rig.make();
    const db = await rig.continuity.journal.db();
    const [first, second, third] = await owedRows(db);
    if (!first || !second || !third) throw new Error('three creates should be owed');
    await db.updateTable('entries').set({ mirror: 'applied' }).where('id', '=', second.id).execute();
    const sides = new Sides({
      table: rig.table,
      backends: {} as never,
      names: {} as never,
      bodies: {} as never,
    });
    const load = (ids: readonly string[]) => loadEntries(db, ids);
    // As if the last one had been settled first, and the first one last.
    expect(await isFirst([third, second, first], { load, db: async () => db, sides })).toBe(false);
    const rows = await db.selectFrom('entries').select(['id', 'place']).orderBy('place').execute();
    expect(rows).toEqual([
      { id: third.id, place: first.place },
      { id: second.id, place: second.place },
      { id: first.id, place: third.place },
    ]);
  });
});
