/** A settlement that comes after its write was resolved otherwise: what legacy has done counts as written there directly. */
import { expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { makeVoid } from '../journal/settle.ts';
import { journalOf } from '../journal/tables.ts';
import { onPGlite } from '../testing/both.ts';
import { notesSource } from '../testing/notes-source.ts';
import { startRig } from '../testing/rig.ts';

onPGlite((database) => {
  it.each(['goes on', 'is killed'] as const)(
    'registers no id of a create that was made void before its spilled settlement came, when the gateway %s',
    async (gateway) => {
      let isAway = false;
      const rig = await startRig(database.db, {
        audit: { every: 50, perMinute: 0, pace: 0 },
        sources: (legacy, fresh) => [notesSource(legacy, fresh)],
        patience: { settle: 200 },
        db: async () => {
          if (isAway) throw Object.assign(new Error('PostgreSQL is away'), { code: 'ECONNREFUSED' });
          return journalOf(database.db);
        },
      });
      rig.legacy.after = ({ method }) => {
        isAway ||= method === 'POST';
      };
      expect(await rig.ask('POST', '/notes')).toMatchObject({ status: 503 });
      rig.legacy.after = () => {};
      expect(await rig.spilled()).toHaveLength(1);
      const db = journalOf(database.db);
      const { id } = await db.selectFrom('entries').select('id').executeTakeFirstOrThrow();
      if (gateway === 'is killed') rig.kill();
      await makeVoid(db, id);
      isAway = false;
      if (gateway === 'is killed') await rig.restart();
      await until(async () => (await rig.spilled()).length === 0, 10_000, 'the spilled settlement');
      // The id of a write that counts as never made is nobody's: not registered, it is foreign.
      const { audit, sync } = rig.continuity;
      await until(() => audit.state.foreign === 1 && sync.isEnded, 10_000, JSON.stringify(audit.state));
      expect(await db.selectFrom('ids').selectAll().execute()).toEqual([]);
      for (const side of ['legacy', 'new'] as const) {
        rig.flip(side);
        expect((await rig.ask('GET', '/notes')).json).toMatchObject([{ title: 'Note 1' }]);
      }
    },
  );
});
