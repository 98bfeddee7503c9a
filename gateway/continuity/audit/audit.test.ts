/** What is written directly on legacy is found, and adopted or shown as a conflict; what the gateway sends itself is no finding. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { onBothDatabases, onPGlite, type TestDatabase } from '../testing/both.ts';
import type { NoteState } from '../testing/notes-app.ts';
import { notesSource } from '../testing/notes-source.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';

const fast: RigOptions = {
  audit: { every: 50, perMinute: 0, pace: 0 },
  sources: (legacy, fresh) => [notesSource(legacy, fresh)],
};

async function start(database: TestDatabase, options: RigOptions = {}): Promise<Rig> {
  const rig = await startRig(database.db, { ...fast, ...options });
  onTestFinished(() => rig.continuity.audit.close());
  return rig;
}

/** Some routes on either side. */
function flipTo(rig: Rig, flags: 'legacy' | 'new' | 'mixed'): void {
  for (const [i, { key }] of rig.table.routes.entries())
    rig.flip(flags === 'mixed' ? (i % 2 ? 'new' : 'legacy') : flags, key);
}

const shownTitles = async (rig: Rig) =>
  ((await rig.ask('GET', '/notes')).json as { title: string }[]).map(({ title }) => title).toSorted();
const shownLines = async (rig: Rig, id: string) =>
  ((await rig.ask('GET', `/notes/${id}/lines`)).json as { lines: { text: string }[] }).lines.map(
    ({ text }) => text,
  );

/** Directly on legacy: somebody changes a note as legacy's own page would. */
function onLegacy(rig: Rig, id: string, change: (state: NoteState) => NoteState | undefined): void {
  const state = rig.legacy.stateOf(id);
  if (!state) throw new Error(`legacy has no note ${id}`);
  rig.legacy.install(id, change(state));
}

const later = '2999-01-01T00:00:00.000001Z';
const state = (rig: Rig) => rig.continuity.audit.state;
const adopted = (rig: Rig, count: number) =>
  until(
    () => state(rig).adopted === count && rig.continuity.sync.isEnded,
    20_000,
    `${count} adoptions; ${JSON.stringify(state(rig))}`,
  );
const looked = async (rig: Rig, times = 3) => {
  const { looks } = state(rig);
  await until(() => state(rig).looks >= looks + times, 20_000, 'a few looks');
};
/** Legacy's id of a note that clients know. */
async function legacyId(rig: Rig, title: string): Promise<string> {
  return rig.legacy.notes.find((note) => note.title === title)?.id ?? '';
}

/** A note with two lines that both backends have, on the side that the flags name. */
async function noteOnBoth(rig: Rig, title: string): Promise<string> {
  const id = await noteOnBothAtRest(rig, title);
  await looked(rig);
  return id;
}

async function noteOnBothAtRest(rig: Rig, title: string): Promise<string> {
  const id = await rig.make();
  await rig.ask('PUT', `/notes/${id}/title`, { title });
  await rig.ask('POST', `/notes/${id}/lines`, { text: `to ${title}` });
  await rig.even();
  return id;
}

onBothDatabases((database) => {
  describe.each(['legacy', 'new', 'mixed'] as const)('with the flags on %s', (flags) => {
    it('adopts a note that was created on legacy', async () => {
      const rig = await start(database);
      flipTo(rig, flags);
      await noteOnBoth(rig, 'mine');
      const id = randomUUID();
      const note = { id, title: 'foreign', created_at: later, updated_at: later, count: 2 };
      rig.legacy.install(id, { note, lines: ['asked there', 'answered there'] });
      await adopted(rig, 1);
      expect(state(rig)).toMatchObject({ foreign: 1, conflicts: 0 });
      for (const side of ['legacy', 'new'] as const) {
        rig.flip(side);
        expect(await shownTitles(rig)).toEqual(['foreign', 'mine']);
        expect(await shownLines(rig, id)).toEqual(['asked there', 'answered there']);
      }
      await rig.ask('POST', `/notes/${id}/lines`, { text: 'goes on' });
      await rig.even();
      expect(rig.legacy.linesOf(id)).toEqual(rig.new.linesOf(id));
    });

    it('adopts lines, a title and a deletion', async () => {
      const rig = await start(database);
      flipTo(rig, flags);
      const written = await noteOnBoth(rig, 'written to');
      await noteOnBoth(rig, 'old title');
      await noteOnBoth(rig, 'going');
      const lines = await shownLines(rig, written);
      onLegacy(rig, await legacyId(rig, 'written to'), ({ note, lines }) => ({
        ...(note && { note: { ...note, count: 4, updated_at: later } }),
        lines: [...lines, 'more', 'still more'],
      }));
      onLegacy(rig, await legacyId(rig, 'old title'), ({ note, lines }) => ({
        ...(note && { note: { ...note, title: 'new title' } }),
        lines,
      }));
      onLegacy(rig, await legacyId(rig, 'going'), () => undefined);
      await adopted(rig, 3);
      expect(state(rig).conflicts).toBe(0);
      for (const side of ['legacy', 'new'] as const) {
        rig.flip(side);
        expect(await shownTitles(rig)).toEqual(['new title', 'written to']);
        expect(await shownLines(rig, written)).toEqual([...lines, 'more', 'still more']);
      }
    });
  });
});

const textOf = (answer: { body: Uint8Array } | undefined) => Buffer.from(answer?.body ?? []).toString();

/** What `banyan journal` and the console show. */
const conflictsOf = async (rig: Rig) => (await rig.continuity.size()).conflicts;
async function inConflict(rig: Rig, key: string) {
  await until(
    async () => (await conflictsOf(rig)).some((conflict) => conflict.key === key),
    20_000,
    `a conflict about ${key}; ${JSON.stringify(state(rig))}`,
  );
  return (await conflictsOf(rig)).find((conflict) => conflict.key === key);
}

onPGlite((database) => {
  describe.each(['legacy', 'new', 'mixed'] as const)('with the flags on %s', (flags) => {
    it('pins a note of which legacy lacks lines to its owner until a person has decided', async () => {
      const rig = await start(database);
      flipTo(rig, flags);
      const id = await noteOnBoth(rig, 'cut');
      const before = rig.new.linesOf(id);
      expect(before).toHaveLength(2);
      onLegacy(rig, await legacyId(rig, 'cut'), ({ note }) => ({
        ...(note && { note: { ...note, count: 1, updated_at: later } }),
        lines: ['something else'],
      }));
      const conflict = await inConflict(rig, `note:${id}`);
      expect(conflict?.reason).toContain('legacy lacks what clients were shown');
      expect(conflict?.differences.length).toBeGreaterThan(0);
      const { operator } = rig.continuity;
      const both = await operator.answers(conflict?.id ?? '');
      expect(textOf(both.legacy)).toContain('something else');
      expect(textOf(both.new)).toContain('to cut');
      const owned = conflict?.owner === 'new' ? before : ['something else'];
      for (const side of ['legacy', 'new'] as const) {
        rig.flip(side);
        expect(await shownLines(rig, id)).toEqual(owned);
        expect(await shownTitles(rig)).toEqual(['cut']);
      }
      await rig.ask('PUT', `/notes/${id}/title`, { title: 'while in conflict' });
      expect(await shownTitles(rig)).toEqual(['while in conflict']);
      expect(rig[conflict?.owner === 'new' ? 'legacy' : 'new'].notes[0]?.title).toBe('cut');
      // Neither a restart nor a retry of what is stuck changes anything.
      rig.kill();
      await rig.restart();
      await rig.continuity.operator.retry();
      expect(await conflictsOf(rig)).toHaveLength(1);
      expect(await shownLines(rig, id)).toEqual(owned);
      await rig.continuity.operator.decideConflict(`note:${id}`, 'adopt', 'tester: legacy is right');
      await until(() => rig.continuity.sync.isEnded, 20_000, 'the sync');
      expect(await conflictsOf(rig)).toEqual([]);
      await rig.even();
      for (const side of ['legacy', 'new'] as const) {
        rig.flip(side);
        expect(await shownLines(rig, id)).toEqual(['something else']);
      }
      expect(rig.new.notes.map(({ title }) => title)).toEqual(rig.legacy.notes.map(({ title }) => title));
    });

    it('keeps the state of the new backend where a person says so', async () => {
      const rig = await start(database);
      flipTo(rig, flags);
      const id = await noteOnBoth(rig, 'kept');
      const before = rig.new.linesOf(id);
      onLegacy(rig, await legacyId(rig, 'kept'), ({ note }) => ({
        ...(note && { note: { ...note, count: 1 } }),
        lines: ['something else'],
      }));
      const key = `note:${id}`;
      const conflict = await inConflict(rig, key);
      const { operator } = rig.continuity;
      await rig.ask('PUT', `/notes/${id}/title`, { title: 'renamed meanwhile' });
      if (conflict?.owner === 'legacy') {
        await expect(operator.decideConflict(key, 'keep', 'me: so')).rejects.toThrow('waiting behind');
        await until(async () => (await rig.continuity.size()).lag.new === 0, 20_000, 'the rename on new');
      }
      await operator.decideConflict(key, 'keep', 'me: so');
      for (const restarts of [false, true]) {
        if (restarts) {
          rig.kill();
          await rig.restart();
        }
        for (const side of ['legacy', 'new'] as const) {
          rig.flip(side);
          expect(await shownLines(rig, id)).toEqual(before);
          expect(await shownTitles(rig)).toEqual(['renamed meanwhile']);
        }
      }
      expect(await conflictsOf(rig)).toMatchObject([{ key, owner: 'new', kept: 'me: so' }]);
      await expect(rig.continuity.operator.decideConflict('note:none', 'keep', '')).rejects.toThrow(
        'no conflict',
      );
    });
  });

  it('finds at its start what was written on legacy while no gateway ran', async () => {
    const rig = await start(database, { audit: { every: 60_000, perMinute: 0, pace: 0 } });
    const mine = await noteOnBothAtRest(rig, 'mine');
    rig.kill();
    const id = randomUUID();
    const note = { id, title: 'meanwhile', created_at: later, updated_at: later, count: 0 };
    rig.legacy.install(id, { note, lines: [] });
    onLegacy(rig, mine, ({ note, lines }) => ({
      ...(note && { note: { ...note, count: 4, updated_at: later } }),
      lines: [...lines, 'more', 'still more'],
    }));
    await rig.restart();
    await rig.continuity.audit.lookedWithin(20_000);
    rig.flip('new');
    expect(await shownTitles(rig)).toEqual(['meanwhile', 'mine']);
    expect(await shownLines(rig, mine)).toContain('still more');
  });

  it('does not delete what clients wrote to while it was deleted on legacy', async () => {
    let isSuspended = false;
    const rig = await start(database, { audit: { every: 50, perMinute: 0, isSuspended: () => isSuspended } });
    rig.flip('new');
    const id = await noteOnBoth(rig, 'contested');
    isSuspended = true;
    await rig.ask('POST', `/notes/${id}/lines`, { text: 'acknowledged' });
    await rig.even();
    onLegacy(rig, await legacyId(rig, 'contested'), () => undefined);
    isSuspended = false;
    expect(await inConflict(rig, `note:${id}`)).toMatchObject({ owner: 'new' });
    expect(await shownTitles(rig)).toEqual(['contested']);
    expect(await shownLines(rig, id)).toContain('acknowledged');
  });

  it('deletes nothing where legacy has lost much at once', async () => {
    const rig = await start(database);
    for (let i = 0; i < 8; i++) await rig.make();
    await rig.even();
    await looked(rig);
    for (const { id } of [...rig.legacy.notes]) rig.legacy.install(id, undefined);
    await until(() => state(rig).withheld === 8, 20_000, 'the loss to be noticed');
    await looked(rig, 2);
    expect(rig.new.notes).toHaveLength(8);
    expect(state(rig)).toMatchObject({ adopted: 0, conflicts: 0 });
  });

  it('leaves a deletion to the lists, although the reads of the note show it too', async () => {
    const rig = await start(database, { audit: { every: 300, perMinute: 6000, pace: 0 } });
    rig.flip('new');
    const id = await noteOnBoth(rig, 'going');
    onLegacy(rig, await legacyId(rig, 'going'), () => undefined);
    await adopted(rig, 1);
    expect(state(rig).conflicts).toBe(0);
    expect(rig.new.stateOf(id)).toBeUndefined();
  });

  it('looks for nothing where legacy is no longer given what clients write', async () => {
    let isComplete = false;
    const rig = await start(database, {
      audit: { every: 50, perMinute: 6000, pace: 0, isComplete: () => isComplete },
    });
    rig.flip('new');
    const id = await noteOnBoth(rig, 'before');
    rig.flip('complete');
    isComplete = true;
    await rig.ask('PUT', `/notes/${id}/title`, { title: 'after' });
    await looked(rig, 5);
    expect(state(rig)).toMatchObject({ adopted: 0, conflicts: 0 });
    expect(await shownTitles(rig)).toEqual(['after']);
  });

  it('finds by the reads of a note what no list shows', async () => {
    const rig = await start(database, { audit: { every: 50, perMinute: 6000 } });
    const [first, second] = [await noteOnBoth(rig, 'first'), await noteOnBoth(rig, 'second')];
    onLegacy(rig, second, ({ note, lines }) => ({ ...(note && { note }), lines: [...lines, 'unlisted'] }));
    await adopted(rig, 1);
    rig.flip('new');
    expect(await shownLines(rig, second)).toContain('unlisted');
    onLegacy(rig, first, ({ note, lines }) => ({
      ...(note && { note }),
      lines: ['changed', ...lines.slice(1)],
    }));
    await inConflict(rig, `note:${first}`);
  });
});
