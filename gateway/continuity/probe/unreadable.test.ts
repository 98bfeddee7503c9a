/** Writes in doubt while legacy does not show whether it has done them. */

import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { BanyanError } from '../../errors.ts';
import { onFailpoint } from '../failpoints.ts';
import { journalOf } from '../journal/tables.ts';
import { attempts } from '../mirror/failures.ts';
import { onBothDatabases } from '../testing/both.ts';
import type { NotesApp, Said } from '../testing/notes-app.ts';
import { type Rig, startRig } from '../testing/rig.ts';

const refused: Said = { status: 401, json: { error: 'log in' } };
const options = { patience: { look: 10 } };

/** Legacy's reads are answered like this for as long as `isAway`. */
function withReads({ legacy }: Rig, said: Said = refused) {
  const reads = { isAway: true, count: 0 };
  const { handle } = legacy;
  legacy.handle = async (asked) => {
    if (asked.method !== 'GET' || !reads.isAway) return handle(asked);
    reads.count += 1;
    return said;
  };
  return reads;
}

/** Legacy does the next one, or does not even begin it, and nobody hears of it. */
function loseAnswer({ legacy }: Rig, method: string, isDone = true): void {
  const { handle } = legacy;
  legacy.handle = async (asked) => {
    if (asked.method !== method) return handle(asked);
    legacy.handle = handle;
    if (isDone) await handle(asked);
    throw new Error('the answer is lost');
  };
}

const patiently = { timeout: 10_000 };
const reasonOf = async (rig: Rig) => (await rig.continuity.size()).doubtful[0]?.reason;

/** An hour passes: legacy cannot be at work on what it was sent any more. */
const age = (db: AnyDatabase) =>
  journalOf(db)
    .updateTable('entries')
    .set({
      admitted_at: sql<Date>`admitted_at - interval '1 hour'`,
      mirror_sent_at: sql<Date>`mirror_sent_at - interval '1 hour'`,
    })
    .execute();

/** The entry that a person has to decide about. */
async function unclear(rig: Rig, db: AnyDatabase, route: string, why: string): Promise<string> {
  await expect.poll(() => reasonOf(rig), patiently).toContain(why);
  await age(db);
  const [entry] = await rig.entries(route);
  expect(entry).toMatchObject({ state: 'doubt' });
  return entry?.id ?? '';
}

const titles = ({ notes }: NotesApp) => notes.map(({ title }) => title).sort();
const lines = 'POST /notes/:note_id/lines';

onBothDatabases((database) => {
  it('holds a write in doubt while legacy does not show whether it has done it, and settles it once it does', async () => {
    const rig = await startRig(database.db, options);
    const note = await rig.make();
    await rig.even();
    const reads = withReads(rig);
    loseAnswer(rig, 'PUT');
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Renamed' })).status).toBe(502);
    await unclear(rig, database.db, 'PUT /notes/:note_id/title', 'GET /notes on legacy answered 401');
    // It goes on looking, and goes on knowing nothing.
    const before = reads.count;
    await expect.poll(() => reads.count, patiently).toBeGreaterThan(before);
    expect((await rig.continuity.size()).doubt).toBe(1);
    reads.isAway = false;
    expect(await rig.continuity.operator.retry()).toHaveLength(1);
    await rig.even();
    expect(titles(rig.new)).toEqual(['Renamed']);
  });

  it('lets a person say that it was done, with what legacy shows, or that it was not', async () => {
    const rig = await startRig(database.db, options);
    const note = await rig.make();
    await rig.even();
    // What is there before the write cannot be read: afterwards nothing can be counted.
    const reads = withReads(rig);
    for (const isDone of [true, false]) {
      loseAnswer(rig, 'POST', isDone);
      expect((await rig.ask('POST', `/notes/${note}/lines`, { text: `said: ${isDone}` })).status).toBe(502);
      reads.isAway = false;
      const id = await unclear(rig, database.db, lines, 'what was there before the write is not known');
      reads.isAway = true;
      const settle = (answer?: object) => rig.continuity.operator.settle(id, { done: isDone, answer });
      if (isDone) await expect(settle()).rejects.toThrow(BanyanError);
      expect(await settle({ reply: rig.legacy.linesOf(note)[1] })).toBe(lines);
      await rig.even();
      await expect(settle({ reply: 'again' })).rejects.toThrow('a person can decide about');
    }
    expect(rig.new.linesOf(note)).toEqual(['said: true', 'reply 1 to Answer: said: true']);
    expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
    expect(rig.paid).toHaveLength(1);
  });

  it('takes an error of legacy for no effect only where legacy shows that there was none', async () => {
    const rig = await startRig(database.db, options);
    const note = await rig.make();
    await rig.even();
    const reads = withReads(rig);
    const { handle } = rig.legacy;
    rig.legacy.handle = async (asked) => {
      if (asked.method !== 'PUT') return handle(asked);
      await handle(asked).catch(() => undefined);
      return { status: 500, json: { error: 'after the effect' } };
    };
    // What asks for nothing that could be stored needs no look.
    expect((await rig.ask('PUT', `/notes/${note}/title`, { name: 'No title' })).status).toBe(500);
    expect((await rig.continuity.size()).doubt).toBe(0);
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Renamed' })).status).toBe(500);
    expect((await rig.continuity.size()).doubt).toBe(1);
    reads.isAway = false;
    await rig.even();
    expect(titles(rig.new)).toEqual(['Renamed']);
  });

  it('is over with what a client has deleted since, and holds up nothing but its own note meanwhile', async () => {
    const rig = await startRig(database.db, options);
    const [note, other] = [await rig.make(), await rig.make()];
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'before' });
    await rig.even();
    const reads = withReads(rig, { status: 404, json: { error: 'no such note' } });
    loseAnswer(rig, 'POST', false);
    // A create that is in doubt touches the list of all notes.
    expect((await rig.ask('POST', '/notes')).status).toBe(502);
    await unclear(rig, database.db, 'POST /notes', 'answered 404');
    await rig.ask('DELETE', `/notes/${other}`);
    await rig.make();
    await expect.poll(() => rig.new.notes.map(({ id }) => id), patiently).not.toContain(other);
    await expect.poll(() => rig.new.notes.length, patiently).toBe(2);
    const [create] = (await rig.continuity.size()).doubtful;
    await rig.continuity.operator.settle(create?.id ?? '', { done: false });

    loseAnswer(rig, 'POST');
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: 'lost' })).status).toBe(502);
    await unclear(rig, database.db, lines, 'answered 404');
    expect((await rig.ask('DELETE', `/notes/${note}`)).status).toBe(200);
    await rig.continuity.operator.retry();
    await expect.poll(async () => (await rig.continuity.size()).doubt, patiently).toBe(0);
    reads.isAway = false;
    await rig.even();
    expect(rig.new.notes.map(({ id }) => id)).toEqual(rig.legacy.notes.map(({ id }) => id));
  });

  it('asks for as long as legacy is away whether it has a replay, and needs no person once it is back', async () => {
    const rig = await startRig(database.db, options);
    rig.flip('new');
    await rig.make();
    await rig.even();
    const { handle } = rig.legacy;
    rig.legacy.handle = async (asked) => {
      if (asked.method !== 'POST') return handle(asked);
      rig.legacy.handle = handle;
      await handle(asked);
      await rig.stopLegacy();
      throw new Error('the answer is lost');
    };
    onTestFinished(onFailpoint('sending', async () => void (await age(database.db))));
    let failures = 0;
    onTestFinished(
      onFailpoint('failing', () => {
        failures += 1;
      }),
    );
    await rig.make();
    await expect.poll(() => failures, patiently).toBeGreaterThan(attempts);
    expect((await rig.continuity.size()).pinned).toEqual([]);
    await rig.startLegacy();
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(2);
  });

  it('sends a replay no second time while legacy does not show whether it has the first, and a person can name it', async () => {
    const rig = await startRig(database.db, options);
    rig.flip('new');
    await rig.make();
    await rig.even();
    const reads = withReads(rig);
    loseAnswer(rig, 'POST');
    onTestFinished(onFailpoint('sending', async () => void (await age(database.db))));
    const note = await rig.make();
    await expect.poll(async () => (await rig.continuity.size()).pinned.length, patiently).toBe(1);
    const [pin] = (await rig.continuity.size()).pinned;
    expect(pin?.reason).toContain('does not show whether it has: GET /notes on legacy answered 401');
    expect(rig.legacy.notes).toHaveLength(2);
    const { operator } = rig.continuity;
    const settle = (answer?: unknown) => operator.settle(pin?.id ?? '', { done: true, answer });
    await expect(settle({ title: 'Note 2' })).rejects.toThrow('$.id of its answer is missing');
    reads.isAway = false;
    await settle(rig.legacy.notes[0]);
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(2);
    rig.flip('legacy');
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'By its public name' });
    expect(rig.legacy.notes[0]?.title).toBe('By its public name');
  });
});
