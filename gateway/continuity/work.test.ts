/** Writes that begin what goes on by itself on both sides, as the reading of a document. */
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { onBothDatabases } from './testing/both.ts';
import { killAt } from './testing/kill-at.ts';
import { type Rig, startRig } from './testing/rig.ts';

const scansOf = ({ legacy, new: fresh }: Rig) =>
  [legacy, fresh].map(({ notes }) => notes.flatMap(({ scans = [] }) => scans.map(({ name }) => name)));

onBothDatabases((database) => {
  it('finds that a replay whose gateway was killed has begun it, though it has ended since', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const note = await rig.make();
    await rig.even();
    const killed = killAt(rig, 'replayed');
    expect((await rig.ask('POST', `/notes/${note}/scans`, { name: 'one' })).status).toBe(202);
    await killed;
    expect(scansOf(rig)).toEqual([['one'], ['one']]);
    await rig.restart();
    await rig.even();
    expect(scansOf(rig)).toEqual([['one'], ['one']]);
    // The next of that name is refused by both.
    expect((await rig.ask('POST', `/notes/${note}/scans`, { name: 'one' })).status).toBe(400);
    expect((await rig.entries('POST /notes/:note_id/scans')).map(({ mirror }) => mirror)).toEqual([
      'none',
      'applied',
    ]);
  });

  it('gives legacy what a killed gateway left in its order, though much of it overlapped', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    rig.legacy.before = async ({ method }) => void (method !== 'GET' && (await released));
    /** Each is under way until the other is too. */
    const atOnce = async <T>(one: Promise<T>, other: Promise<T>) => {
      const { promise: both, resolve } = Promise.withResolvers<void>();
      let asked = 0;
      rig.new.before = ({ method }) => {
        if (method === 'GET') return;
        asked += 1;
        if (asked === 2) resolve();
        return both;
      };
      const answers = await Promise.all([one, other]);
      rig.new.before = () => {};
      return answers;
    };
    const notes = await atOnce(rig.make(), rig.make());
    for (const note of notes) {
      const scan = (name: string) => rig.ask('POST', `/notes/${note}/scans`, { name });
      await atOnce(scan('one'), scan('two'));
    }
    expect((await rig.entries('POST /notes')).map(({ overlapped }) => overlapped)).toEqual([true, true]);
    const scans = await rig.entries('POST /notes/:note_id/scans');
    expect(scans.map(({ overlapped }) => overlapped)).toEqual([true, true, true, true]);
    rig.kill();
    await rig.restart();
    release();
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(2);
    const [legacy = [], fresh = []] = scansOf(rig);
    expect([legacy.length, legacy.sort()]).toEqual([4, fresh.sort()]);
  });

  it('finds that legacy has done what nobody was answered, though it has ended since', async () => {
    const rig = await startRig(database.db, { longest: 1000 });
    const note = await rig.make();
    await rig.even();
    const killed = killAt(rig, 'answered');
    void rig.ask('POST', `/notes/${note}/scans`, { name: 'one' }).catch(() => undefined);
    await killed;
    // New takes as long as it takes until somebody asks how it is doing.
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.new.reading = () => promise;
    rig.new.before = ({ target }) => {
      if (target.startsWith('/scans/')) resolve();
    };
    await rig.restart();
    await rig.even();
    expect(scansOf(rig)).toEqual([['one'], ['one']]);
    // Both sides' times are known: a client sees the same on either.
    const before = (await rig.ask('GET', '/notes')).text;
    rig.flip('new');
    expect((await rig.ask('GET', '/notes')).text).toBe(before);
  });

  it('makes void what legacy never began', async () => {
    const rig = await startRig(database.db, { longest: 300 });
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'another' });
    await rig.even();
    const killed = killAt(rig, 'admitted');
    void rig.ask('POST', `/notes/${note}/scans`, { name: 'one' }).catch(() => undefined);
    await killed;
    await rig.restart();
    await rig.even();
    expect(scansOf(rig)).toEqual([['another'], ['another']]);
  });

  it.each([
    ['legacy', false],
    ['legacy', true],
    ['new', false],
  ] as const)(
    'gives what went on at once in one note to the other side in the order in which it ended on %s (loses hold: %s)',
    async (side, losesScans) => {
      const rig = await startRig(database.db);
      rig[side].losesScans = losesScans;
      rig.flip(side);
      const note = await rig.make();
      await rig.even();
      const { promise, resolve } = Promise.withResolvers<void>();
      rig[side].reading = async (name) => void (name === 'slow' && (await promise));
      for (const name of ['first', 'slow', 'fast']) await rig.ask('POST', `/notes/${note}/scans`, { name });
      await until(() => (rig[side].notes[0]?.scans?.length ?? 0) >= 2, 20_000, `two scans on ${side}`);
      resolve();
      await rig.even();
      expect(scansOf(rig)).toEqual([
        ['first', 'fast', 'slow'],
        ['first', 'fast', 'slow'],
      ]);
    },
  );

  it('does not wait with a read for what goes on by itself, and shows what has been there for long', async () => {
    const rig = await startRig(database.db, { patience: { read: 20_000 } });
    const note = await rig.make();
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.legacy.reading = () => promise;
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'one' });
    rig.flip('new', 'GET /notes/:note_id/scans');
    const began = performance.now();
    const shown = await rig.ask('GET', `/notes/${note}/scans`);
    expect(shown.json).toMatchObject({ waiting: [{ name: 'one' }] });
    expect(performance.now() - began).toBeLessThan(10_000);
    resolve();
    await rig.even();
  });

  it('holds no prompt against the other that was asked while it was going on, and any other', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const note = await rig.make();
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.new.reading = () => promise;
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'one' });
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'meanwhile' });
    resolve();
    await rig.even();
    const ended = Date.now();
    const verdicts = async () =>
      (await rig.entries('POST /notes/:note_id/lines')).map(({ verdict }) => verdict);
    expect(await verdicts()).toEqual(['unknown']);
    // Legacy has an answer less to look back on, and nothing is going on any more.
    const [there] = rig.legacy.notes;
    rig.legacy.forget(there?.id ?? '');
    // Two clocks may differ by so much.
    while (Date.now() <= ended + 250) await rig.continuity.journal.lag.change(50);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'afterwards' });
    await rig.even();
    expect(await verdicts()).toEqual(['divergent', 'unknown']);
  });
});
