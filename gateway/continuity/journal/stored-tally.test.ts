/** What was compared before a restart is counted after it. */
import { expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { Tally } from '../shadow/tally.ts';
import { onBothDatabases } from '../testing/both.ts';
import { startRig } from '../testing/rig.ts';
import { loadTally, startStoring } from './stored-tally.ts';

const LINES = 'GET /notes/:note_id/lines';

onBothDatabases((database) => {
  it('outlives a gateway that ends, with ids of divergences that no earlier one had', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    rig.flip('shadow');
    rig.shadow.tally.notCompared(LINES, 'busy');
    const read = async () => {
      await rig.ask('GET', `/notes/${note}/lines`);
      await rig.shadowed();
    };
    await read();
    rig.new.linesOf(note).push('behind everybody');
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'said' });
    await rig.even();
    rig.new.linesOf(note)[0] = 'something else';
    await read();
    const before = rig.shadow.tally.all();
    expect(before).toContainEqual(expect.objectContaining({ route: LINES, divergent: 1 }));
    rig.kill();
    await rig.restart();
    expect(new Set(rig.shadow.tally.all())).toEqual(new Set(before));
    await read();
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ divergent: 2, notCompared: { busy: 1 } });
    const sum = rig.shadow.tally.all().reduce((all, { divergent }) => all + divergent, 0);
    expect(rig.shadow.tally.divergences().map(({ id }) => id)).toEqual([`read-${sum}`]);
  });

  it('is written in batches while nobody waits for it, and a batch that is written twice counts once', async () => {
    const tally = new Tally();
    let statements = 0;
    const db = async () => {
      statements += 1;
      return database.db;
    };
    const storing = startStoring({ db, tally, everyMilliseconds: 20 });
    const stored = async () => {
      const other = new Tally();
      await loadTally(database.db, other);
      return other.of(LINES).matched;
    };
    for (let i = 0; i < 1000; i += 1) tally.compared(LINES, { verdict: 'matched', differences: [] });
    await until(async () => (await stored()) === 1000, 10_000, 'the counts in the database');
    expect(statements).toBe(1);
    // Another one that knows fewer, as where the outcome of its commit was not known.
    const older = new Tally();
    older.compared(LINES, { verdict: 'matched', differences: [] });
    const late = startStoring({ db: async () => database.db, tally: new Tally() });
    await late.close();
    const again = new Tally();
    const behind = startStoring({ db: async () => database.db, tally: again });
    again.load(older.counts());
    await behind.close();
    expect(await stored()).toBe(1000);
    await storing.close();
  });
});
