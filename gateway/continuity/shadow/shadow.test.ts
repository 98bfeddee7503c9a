/** Reads in mode `shadow`: asked of new too and compared, and no client ever notices. */
import { expect, it } from 'vitest';
import { onPGlite } from '../testing/both.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';

const LINES = 'GET /notes/:note_id/lines';

onPGlite((database) => {
  async function shadowing(options: RigOptions = {}): Promise<{ rig: Rig; note: string }> {
    const rig = await startRig(database.db, options);
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'said' });
    await rig.even();
    rig.flip('shadow');
    return { rig, note };
  }
  const read = (rig: Rig, note: string) => rig.ask('GET', `/notes/${note}/lines`);

  it('counts reads that match, lists with exchanged ids and times among them', async () => {
    const { rig, note } = await shadowing();
    rig.flip('new');
    const second = await rig.make();
    await rig.even();
    rig.flip('shadow');
    for (const target of [`/notes/${note}/lines`, '/notes', `/notes/${second}/lines`]) {
      await rig.ask('GET', target);
      await rig.shadowed();
    }
    const none = { accepted: 0, divergent: 0, failed: 0, notCompared: {} };
    expect(rig.shadow.tally.of(LINES)).toEqual({ route: LINES, matched: 2, ...none });
    expect(rig.shadow.tally.of('GET /notes')).toEqual({ route: 'GET /notes', matched: 1, ...none });
    expect(rig.paid).toHaveLength(1);
  });

  it('counts and shows what differs, while the client has legacy’s answer', async () => {
    const { rig, note } = await shadowing();
    rig.new.linesOf(note)[0] = 'something else';
    expect((await read(rig, note)).json).toMatchObject({ lines: [{ text: 'said' }, {}] });
    await rig.shadowed();
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ matched: 0, divergent: 1 });
    expect(rig.shadow.tally.divergences()).toMatchObject([
      {
        route: LINES,
        differences: expect.arrayContaining([
          expect.objectContaining({
            place: 'body $.lines[0].text',
            left: '"said"',
            right: '"something else"',
          }),
        ]),
      },
    ]);
    const [{ id = '' } = {}] = rig.shadow.tally.divergences();
    const { legacy, new: ours } = rig.shadow.tally.answers(id) ?? {};
    expect(Buffer.from(legacy?.body ?? []).toString()).toContain('said');
    expect(Buffer.from(ours?.body ?? []).toString()).toContain('something else');
  });

  it('is off the client’s path, and bounded in how many at once', async () => {
    const { rig, note } = await shadowing();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.new.before = () => promise;
    const before = rig.new.requests.length;
    for (let i = 0; i < 10; i += 1) expect((await read(rig, note)).status).toBe(200);
    expect(rig.new.requests.length - before).toBe(4);
    resolve();
    await rig.shadowed();
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ matched: 4, notCompared: { busy: 6 } });
  });

  it('is bounded in time: an answer that does not come is a failure, and makes room', async () => {
    const { rig, note } = await shadowing({ shadow: { longest: 100 } });
    rig.new.before = () => new Promise(() => {});
    for (let i = 0; i < 4; i += 1) await read(rig, note);
    await rig.shadowed();
    rig.new.before = () => {};
    await read(rig, note);
    await rig.shadowed();
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ matched: 1, failed: 4, notCompared: {} });
  });

  it('is bounded in memory: a large answer is passed on and not kept', async () => {
    const { rig, note } = await shadowing({ shadow: { largest: 400 } });
    await read(rig, note);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'x'.repeat(400) });
    await rig.even();
    expect((await read(rig, note)).text.length).toBeGreaterThan(400);
    await rig.shadowed();
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ matched: 1, notCompared: { 'too large': 1 } });
  });

  it('takes the share of the reads that it is told to', async () => {
    const { rig, note } = await shadowing({ shadow: { sample: () => 0.25 } });
    for (let i = 0; i < 20; i += 1) {
      await read(rig, note);
      await rig.shadowed();
    }
    expect(rig.shadow.tally.of(LINES)).toMatchObject({ matched: 5, notCompared: { 'not sampled': 15 } });
  });

  it.each([
    ['is given up after as long as it may wait', 0, { matched: 0, notCompared: { moving: 1 } }],
    ['is compared a moment later', 60_000, { matched: 1, notCompared: {} }],
  ])(
    'does not take a write that came between for a divergence: the read %s',
    async (_, patience, counted) => {
      const { rig, note } = await shadowing({ shadow: { later: { patience } } });
      const { promise, resolve } = Promise.withResolvers<void>();
      rig.new.before = ({ method }) => (method === 'GET' ? promise : undefined);
      await read(rig, note);
      await rig.ask('POST', `/notes/${note}/lines`, { text: 'meanwhile' });
      await rig.even();
      resolve();
      await rig.shadowed();
      expect(rig.shadow.tally.of(LINES)).toMatchObject({ divergent: 0, ...counted });
    },
  );
});
