/** The diff of everything that both backends show, and the sampled one, beside writes. */
import { expect, it, onTestFinished } from 'vitest';
import { onFailpoint } from '../failpoints.ts';
import { onPGlite } from '../testing/both.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';
import { Sample } from './sample.ts';

const TITLE = 'PUT /notes/:note_id/title';

onPGlite((database) => {
  async function withNotes(count: number, options: RigOptions = {}) {
    const rig = await startRig(database.db, { diff: { rate: 10_000, patience: 5000 }, ...options });
    const notes: string[] = [];
    for (let i = 0; i < count; i += 1) notes.push(await rig.make());
    await rig.even();
    return { rig, notes };
  }

  async function diffed(rig: Rig) {
    rig.continuity.diffs.start();
    const report = await rig.continuity.diffs.ended();
    if (!report) throw new Error('no diff has ended');
    return report;
  }

  it('is clean where both backends show the same, and lets routes be completed', async () => {
    const { rig } = await withNotes(3);
    const { diffs } = rig.continuity;
    expect(diffs.against(TITLE)).toContain('No diff of the two backends has ended');
    const report = await diffed(rig);
    expect(report).toMatchObject({
      outcome: 'clean',
      counts: { compared: 4, equal: 4, different: 0, disturbed: 0, unavailable: 0 },
      kinds: [{ kind: 'note', entities: 3, isListed: true }],
    });
    expect([diffs.against(TITLE), diffs.state.lastClean]).toEqual([undefined, report.started]);
  });

  it('names each key that differs, with what differs, and looks twice before it does', async () => {
    const { rig, notes } = await withNotes(3);
    const [first = '', second = '', third = ''] = notes;
    const note = rig.new.notes.find(({ id }) => id === first);
    if (note) note.title = 'Other';
    rig.new.notes = rig.new.notes.filter(({ id }) => id !== second);
    let asked = 0;
    // Wrong at the first look alone.
    rig.new.sends = ({ target }) =>
      target.includes(`${third}/lines`) && ++asked === 1 ? { body: Buffer.from('{}') } : undefined;
    const report = await diffed(rig);
    expect(asked).toBe(2);
    expect(report).toMatchObject({ outcome: 'different', counts: { different: 2, equal: 2 } });
    expect(report.different.map(({ key }) => key).sort()).toEqual([`note:${first}`, `note:${second}`].sort());
    expect(report.different.find(({ key }) => key === `note:${first}`)?.differences).toMatchObject([
      { place: 'body $[0].title', right: '"Other"' },
    ]);
    expect(rig.continuity.diffs.against(TITLE)).toBe('The last diff found differences in 2 keys.');
    expect(rig.continuity.diffs.differentKeys).toBe(2);
  });

  it('looks again at what is being written to, until it is quiet', async () => {
    const { rig, notes } = await withNotes(3);
    const held = Promise.withResolvers<void>();
    onTestFinished(onFailpoint('replay', () => held.promise));
    await rig.ask('PUT', `/notes/${notes[0]}/title`, { title: 'Owed' });
    const { diffs } = rig.continuity;
    diffs.start();
    await expect.poll(() => diffs.state.running?.stage).toBe('settling');
    held.resolve();
    expect(await diffs.ended()).toMatchObject({ outcome: 'clean', counts: { compared: 4, equal: 4 } });
  });

  it('says which keys it could not decide about, and is not clean then', async () => {
    const { rig, notes } = await withNotes(2, { diff: { rate: 10_000, patience: 0 } });
    const held = Promise.withResolvers<void>();
    onTestFinished(() => held.resolve());
    onTestFinished(onFailpoint('replay', () => held.promise));
    await rig.ask('PUT', `/notes/${notes[0]}/title`, { title: 'Owed' });
    expect(await diffed(rig)).toMatchObject({
      outcome: 'undecided',
      counts: { disturbed: 1, equal: 2 },
      undecided: [{ key: `note:${notes[0]}`, reason: 'a backend still has to be given a write to it' }],
    });
    expect(rig.continuity.diffs.against(TITLE)).toBe('The last diff could not decide about 1 keys.');
  });

  it('stays clean over writes that both backends answer alike, and not over one that they do not', async () => {
    const { rig, notes } = await withNotes(2);
    await diffed(rig);
    const { diffs } = rig.continuity;
    await rig.ask('PUT', `/notes/${notes[0]}/title`, { title: 'Both' });
    await rig.even();
    expect(diffs.against(TITLE)).toBeUndefined();
    rig.new.sends = ({ method }) => (method === 'PUT' ? { body: Buffer.from('{}\n') } : undefined);
    await rig.ask('PUT', `/notes/${notes[0]}/title`, { title: 'Both again' });
    await rig.even();
    expect(diffs.against(TITLE)).toContain('answered a write differently');
  });

  it('runs once at a time, and ends when a person says so', async () => {
    const { rig } = await withNotes(3, { diff: { rate: 0.5 } });
    const { diffs } = rig.continuity;
    diffs.start();
    expect(() => diffs.start()).toThrow('A diff of the two backends is running already.');
    await expect.poll(() => diffs.state.running?.done).toBeGreaterThan(0);
    expect(diffs.cancel()).toBe(true);
    expect(await diffs.ended()).toMatchObject({ outcome: 'cancelled' });
  });

  it('says that it failed where a backend gives no list', async () => {
    const { rig } = await withNotes(1);
    await rig.stopLegacy();
    expect(await diffed(rig)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('legacy') });
    expect(rig.continuity.diffs.against(TITLE)).toContain('The last diff failed');
  });

  it('does not compare what legacy is no longer given', async () => {
    const { rig, notes } = await withNotes(1);
    rig.flip('complete');
    await rig.ask('PUT', `/notes/${notes[0]}/title`, { title: 'On the new backend alone' });
    expect(await diffed(rig)).toMatchObject({ outcome: 'clean', counts: { compared: 0 }, kinds: [] });
    expect(rig.continuity.diffs.against(TITLE)).toBeUndefined();
  });

  it('finds by itself what nobody asked for, and is quiet about it once it is put right', async () => {
    const { rig, notes } = await withNotes(2, { diff: { rate: 10_000, perMinute: 6000 } });
    await diffed(rig);
    const { diffs } = rig.continuity;
    const lines = rig.new.linesOf;
    rig.new.linesOf = (id) => (id === notes[0] ? ['nobody wrote this'] : lines(id));
    await expect.poll(() => diffs.differentKeys, { timeout: 10_000 }).toBe(1);
    expect(diffs.against(TITLE)).toContain(`differently since the last clean diff`);
    expect(diffs.state.sampled.different).toMatchObject([{ key: `note:${notes[0]}` }]);
    rig.new.linesOf = lines;
    await expect.poll(() => diffs.differentKeys, { timeout: 10_000 }).toBe(0);
  });

  it('samples nothing while much is under way', async () => {
    const { rig } = await withNotes(1);
    let [isBusy, looks] = [true, 0];
    const found: string[] = [];
    const sample = new Sample({
      comparing: rig.continuity.comparing,
      kinds: () => ['note'],
      perMinute: 60_000,
      isBusy() {
        looks += 1;
        return isBusy;
      },
      found: (key) => found.push(key),
    });
    onTestFinished(() => sample.close());
    const before = rig.legacy.requests.length;
    await expect.poll(() => looks).toBeGreaterThan(2);
    expect(rig.legacy.requests).toHaveLength(before);
    isBusy = false;
    await expect.poll(() => found.length).toBeGreaterThan(0);
  });
});
