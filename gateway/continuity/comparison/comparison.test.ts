/** The one comparison of what both backends show, beside writes. */
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { expect, it, onTestFinished } from 'vitest';
import { onFailpoint } from '../failpoints.ts';
import { onPGlite } from '../testing/both.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';
import { compareKey } from './compare-key.ts';
import { compareList } from './compare-list.ts';

const LINES = 'GET /notes/:note_id/lines';
const SCANS = 'GET /notes/:note_id/scans';
const LIST = 'GET /notes';

/** Legacy keeps the scans of a note in memory alone. */
const forgetful = (notes: RouteTable): RouteTable => ({
  ...notes,
  routes: notes.routes.map((route) =>
    route.key === SCANS ? { ...route, forgotten: { lists: ['$.done' as const] } } : route,
  ),
});

onPGlite((database) => {
  async function withNotes(count: number, options: RigOptions = {}) {
    const rig = await startRig(database.db, options);
    const notes: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const note = await rig.make();
      await rig.ask('POST', `/notes/${note}/lines`, { text: `hello ${i}` });
      notes.push(note);
    }
    await rig.even();
    return { rig, notes };
  }

  const compared = (rig: Rig, id: string) => compareKey({ kind: 'note', id }, rig.continuity.comparing);
  /** What the rows of lists show that is not the same on both sides. */
  async function rows(rig: Rig) {
    const found = await compareList('note', rig.continuity.comparing);
    return {
      list: found.list,
      count: found.rows.size,
      others: [...found.rows.values()].filter(({ comparison }) => comparison.outcome !== 'equal'),
    };
  }
  const ofNew = (rig: Rig, id: string) => {
    const note = rig.new.notes.find((each) => each.id === id);
    if (!note) throw new Error(`the new backend has no note ${id}`);
    return note;
  };

  it('finds what clients wrote the same on both sides, though legacy has ids and times of its own', async () => {
    const { rig, notes } = await withNotes(2);
    rig.flip('new');
    const other = await rig.make();
    await rig.ask('POST', `/notes/${other}/scans`, { name: 'a' });
    await rig.even();
    expect(rig.legacy.notes.some(({ id }) => id === other)).toBe(false);
    for (const note of [...notes, other])
      expect(await compared(rig, note)).toEqual({ outcome: 'equal', legacyLacks: [] });
    expect(await rows(rig)).toEqual({ list: { outcome: 'equal', legacyLacks: [] }, count: 3, others: [] });
  });

  it('shows what the reads of an entity show differently, with both answers', async () => {
    const { rig, notes } = await withNotes(2);
    const [note = '', other = ''] = notes;
    rig.new.linesOf(note)[0] = 'goodbye';
    const found = await compared(rig, note);
    expect(found).toMatchObject({
      outcome: 'different',
      differences: [{ route: LINES, place: 'body $.lines[0].text', left: '"hello 0"', right: '"goodbye"' }],
    });
    const { legacy, new: fresh } = (found.outcome === 'different' && found.answers.get(LINES)) || {};
    expect(legacy?.body.toString()).toContain('hello 0');
    expect(fresh?.body.toString()).toContain('goodbye');
    expect((await compared(rig, other)).outcome).toBe('equal');
  });

  it('tells which rows of a list differ, which ones a side lacks, and that the rest has another order', async () => {
    const { rig, notes } = await withNotes(5);
    const [first = '', second = '', third = '', fourth = ''] = notes;
    ofNew(rig, first).title = 'Other';
    rig.new.notes = rig.new.notes.filter(({ id }) => id !== second);
    rig.legacy.notes = rig.legacy.notes.filter((note) => note.title !== ofNew(rig, third).title);
    // No row differs, and the order does.
    rig.new.sends = (asked, { body }) =>
      asked.target === '/notes' && asked.method === 'GET'
        ? { body: Buffer.from(`${JSON.stringify(reversed(body), null, 2)}\n`) }
        : undefined;
    const found = await rows(rig);
    const byId = Object.fromEntries(found.others.map(({ id, comparison }) => [id, comparison]));
    expect(Object.keys(byId).sort()).toEqual([first, second, third].sort());
    expect(byId[first]).toMatchObject({ differences: [{ place: 'body $[0].title', left: '"Note 1"' }] });
    expect(byId[second]).toMatchObject({ differences: [{ route: LIST, kind: 'missing', right: '' }] });
    expect(byId[third]).toMatchObject({ differences: [{ route: LIST, kind: 'extra', left: '' }] });
    expect(found.list).toMatchObject({
      differences: [{ place: 'body $', kind: 'order', right: `note:${fourth}` }],
    });
  });

  it('says nothing of what is being written, is owed, or is written meanwhile', async () => {
    const { rig, notes } = await withNotes(2);
    const [note = '', other = ''] = notes;
    const held = Promise.withResolvers<void>();
    onTestFinished(() => held.resolve());
    onTestFinished(onFailpoint('replay', () => held.promise));
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'owed' });
    expect(await compared(rig, note)).toEqual({ outcome: 'disturbed', why: 'owed' });
    expect((await rows(rig)).others).toMatchObject([{ id: note, comparison: { outcome: 'disturbed' } }]);
    expect((await compared(rig, other)).outcome).toBe('equal');
    rig.new.before = async (asked) => {
      if (asked.method !== 'GET') return;
      rig.new.before = () => {};
      await rig.ask('POST', `/notes/${other}/lines`, { text: 'meanwhile' });
    };
    expect(await compared(rig, other)).toEqual({ outcome: 'disturbed', why: 'written' });
    held.resolve();
    await rig.even();
    for (const id of notes) expect((await compared(rig, id)).outcome).toBe('equal');
  });

  it('does not take a note that is being created for one that a side lacks', async () => {
    const { rig } = await withNotes(1);
    const held = Promise.withResolvers<void>();
    onTestFinished(() => held.resolve());
    rig.legacy.after = ({ method }) => (method === 'POST' ? held.promise : undefined);
    const making = rig.make();
    await expect.poll(() => rig.legacy.notes.length).toBe(2);
    const found = await rows(rig);
    expect(found.count).toBe(2);
    expect(found.others).toMatchObject([{ comparison: { outcome: 'disturbed', why: 'written' } }]);
    held.resolve();
    await making;
    await rig.even();
    expect((await rows(rig)).others).toEqual([]);
  });

  it('throws away what it found if a counter of the caller changed meanwhile', async () => {
    const { rig, notes } = await withNotes(1);
    let restarts = 0;
    rig.legacy.before = () => {
      restarts += 1;
    };
    const options = { ...rig.continuity.comparing, counters: () => [restarts] };
    const disturbed = { outcome: 'disturbed', why: 'changed' };
    expect(await compareKey({ kind: 'note', id: notes[0] ?? '' }, options)).toEqual(disturbed);
    expect((await compareList('note', options)).list).toEqual(disturbed);
  });

  it('says which backend cannot be asked, and takes a failing one for no difference', async () => {
    const { rig, notes } = await withNotes(1);
    const [note = ''] = notes;
    rig.new.sends = ({ method }) => (method === 'GET' ? { status: 500 } : undefined);
    expect(await compared(rig, note)).toMatchObject({ outcome: 'unavailable', side: 'new' });
    rig.new.sends = undefined;
    await rig.stopLegacy();
    expect(await compared(rig, note)).toMatchObject({ outcome: 'unavailable', side: 'legacy' });
    expect((await rows(rig)).list).toMatchObject({ outcome: 'unavailable', side: 'legacy' });
  });

  it('takes what legacy forgets in a restart for something that legacy lacks, and nothing else', async () => {
    const { rig, notes } = await withNotes(1, { table: forgetful });
    const [note = ''] = notes;
    for (const name of ['a', 'b', 'c']) await rig.ask('POST', `/notes/${note}/scans`, { name });
    await rig.even();
    expect((await compared(rig, note)).outcome).toBe('equal');
    const legacy = rig.legacy.notes[0];
    if (!legacy) throw new Error('legacy has no note');
    const all = legacy.scans ?? [];
    legacy.scans = all.slice(1, 2);
    expect(await compared(rig, note)).toMatchObject({
      outcome: 'equal',
      legacyLacks: [
        { route: SCANS, place: 'body $.done', right: expect.stringContaining('"a"') },
        { route: SCANS, place: 'body $.done', right: expect.stringContaining('"c"') },
      ],
    });
    legacy.scans = [{ name: 'd', time: '' }];
    expect((await compared(rig, note)).outcome).toBe('different');
    legacy.scans = all;
    ofNew(rig, note).scans = all.slice(0, 2);
    expect((await compared(rig, note)).outcome).toBe('different');
  });

  it('accepts what a person signed off', async () => {
    const rule = {
      name: 'titles',
      reason: 'a test',
      owner: 'test',
      expires: '2999-01-01',
      route: LIST,
      places: ['body $[*].title'],
    };
    const { rig, notes } = await withNotes(1, { rules: [rule] });
    ofNew(rig, notes[0] ?? '').title = 'Other';
    expect((await rows(rig)).others).toEqual([]);
  });
});

const reversed = (body: unknown) => (JSON.parse(String(body)) as unknown[]).reverse();
