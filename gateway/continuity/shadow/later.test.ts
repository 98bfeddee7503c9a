/** Reads that met a write: both backends are asked again once nothing is being written, off every client's path. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { onPGlite } from '../testing/both.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';

const LINES = 'GET /notes/:note_id/lines';
const LIST = 'GET /notes';

onPGlite((database) => {
  async function shadowing(later: NonNullable<RigOptions['shadow']>['later'], notes = 1) {
    const rig = await startRig(database.db, { shadow: { later: { rest: 10, ...later } } });
    const ids: string[] = [];
    for (let i = 0; i < notes; i += 1) ids.push(await rig.make());
    for (const id of ids) await rig.ask('POST', `/notes/${id}/lines`, { text: 'first' });
    await rig.even();
    rig.flip('shadow');
    return { rig, ids, note: ids[0] ?? '' };
  }
  /** What the mirror gives to the new backend waits until it is called. */
  function holdMirror(rig: Rig): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.new.before = ({ method }) => (method === 'GET' ? undefined : promise);
    return resolve;
  }
  const reads = (rig: Rig) =>
    rig.legacy.requests.filter(({ method, target }) => method === 'GET' && target.endsWith('/lines')).length;

  it('asks nobody before both sides have all of it, and the model not at all', async () => {
    const { rig, note } = await shadowing({});
    const release = holdMirror(rig);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'owed' });
    const [paid, before] = [rig.paid.length, reads(rig)];
    await rig.ask('GET', `/notes/${note}/lines`);
    await rig.ask('GET', `/notes/${note}/lines`);
    await pause(50);
    expect([reads(rig) - before, rig.shadow.tally.of(LINES).notCompared]).toEqual([2, {}]);
    release();
    await rig.shadowed();
    // One comparison for both of them.
    expect([reads(rig) - before, rig.paid.length - paid]).toEqual([3, 0]);
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ matched: 2, divergent: 0, notCompared: {} });
  });

  it('finds what differs then', async () => {
    const { rig, note } = await shadowing({});
    const release = holdMirror(rig);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'owed' });
    await rig.ask('GET', `/notes/${note}/lines`);
    rig.new.linesOf(note)[0] = 'something else';
    release();
    await rig.shadowed();
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ divergent: 1 });
    expect(rig.shadow.tally.divergences()[0]?.differences[0]?.place).toBe('body $.lines[0].text');
  });

  it('compares the rows of a list whose entities are quiet, while others are being written', async () => {
    const { rig, ids } = await shadowing({}, 3);
    const [first = '', second = ''] = ids;
    const release = holdMirror(rig);
    await rig.ask('PUT', `/notes/${first}/title`, { title: 'Owed' });
    await rig.ask('GET', '/notes');
    await rig.shadowed();
    expect(rig.shadow.tally.of(LIST)).toMatchObject({ matched: 1, divergent: 0, notCompared: {} });
    const row = rig.new.notes.find(({ id }) => id === second);
    Object.assign(row ?? {}, { title: 'Behind everybody' });
    await rig.ask('GET', '/notes');
    await rig.shadowed();
    expect(rig.shadow.tally.of(LIST)).toMatchObject({ matched: 1, divergent: 1 });
    release();
    await rig.even();
  });

  it.each([
    ['in how many wait', { most: 2 }, { matched: 2, notCompared: { busy: 1 } }],
    ['in how long they wait', { patience: 50 }, { matched: 0, notCompared: { moving: 3 } }],
  ])('is bounded %s, and counts what it leaves', async (_, bounds, counted) => {
    const { rig, ids } = await shadowing(bounds, 3);
    const release = holdMirror(rig);
    for (const id of ids) await rig.ask('POST', `/notes/${id}/lines`, { text: 'owed' });
    for (const id of ids) await rig.ask('GET', `/notes/${id}/lines`);
    if ('patience' in bounds) await rig.shadowed();
    release();
    await rig.shadowed();
    expect(rig.shadow.tally.of(LINES)).toMatchObject(counted);
    await rig.even();
  });

  it.each([
    ['less than half of all reads if none waits', 0, [0, 0.5]],
    ['at least half of all reads', 60_000, [0.5, 1]],
  ])('compares %s while eight users write', async (_, patience, [least = 0, most = 1]) => {
    const { rig, ids } = await shadowing({ patience }, 8);
    const rounds = 8;
    rig.model = async (prompt) => {
      await pause(20);
      return `reply to ${prompt}`;
    };
    const user = async (id: string) => {
      for (let i = 0; i < rounds; i += 1) {
        const written = rig.ask('POST', `/notes/${id}/lines`, { text: `text ${i} of ${id}` });
        await rig.ask('GET', '/notes');
        await written;
        await rig.ask('GET', `/notes/${id}/lines`);
        await pause(10);
      }
    };
    await Promise.all(ids.map(user));
    await rig.shadowed();
    const counts = [LINES, LIST].map((route) => rig.shadow.tally.of(route));
    expect(counts.map(({ divergent, failed }) => divergent + failed)).toEqual([0, 0]);
    const compared = counts.reduce((sum, { matched }) => sum + matched, 0) / (2 * rounds * ids.length);
    expect(compared).toBeGreaterThanOrEqual(least);
    expect(compared).toBeLessThanOrEqual(most);
    await rig.even();
  });
});
