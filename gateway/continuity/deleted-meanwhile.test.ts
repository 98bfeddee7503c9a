/** Notes that are deleted while one of their texts is at the model: it brings back what was said, also on the side that is given both. */
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { onPGlite } from './testing/both.ts';
import { type Rig, type RigOptions, startRig } from './testing/rig.ts';

const sides = [
  ['new', 'legacy'],
  ['legacy', 'new'],
] as const;

/** Both hold on to what was said; so many texts were said before. */
async function startHolding(
  db: Parameters<typeof startRig>[0],
  serving: 'legacy' | 'new',
  options: RigOptions = {},
): Promise<{ rig: Rig; note: string }> {
  const rig = await startRig(db, options);
  rig.legacy.holdsOn = true;
  rig.new.holdsOn = true;
  rig.flip(serving);
  const note = await rig.make();
  for (const text of ['one', 'two', 'three']) await say(rig, note, text);
  await rig.even();
  return { rig, note };
}

const say = async (rig: Rig, note: string, text: string) => {
  const { status } = await rig.ask('POST', `/notes/${note}/lines`, { text });
  expect(status).toBe(200);
};

/** Says them at once, and deletes the note while all of them are at the model. */
async function deleteMeanwhile(rig: Rig, note: string, texts: readonly string[]): Promise<void> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const before = rig.paid.length;
  const replies = rig.model;
  rig.model = async (prompt) => {
    await released;
    return replies(prompt);
  };
  const said = texts.map((text) => say(rig, note, text));
  await until(() => rig.paid.length === before + texts.length, 20_000, 'the model to be asked');
  expect((await rig.ask('DELETE', `/notes/${note}`)).status).toBe(200);
  rig.model = replies;
  release();
  await Promise.all(said);
}

/** What legacy has of the only note under the name that it has given the note. */
const linesOnLegacy = (rig: Rig, legacyId: string) => rig.legacy.linesOf(legacyId);

onPGlite((database) => {
  it.each(sides)('has everything on both where %s has served it and %s is given it', async (serving) => {
    const { rig, note } = await startHolding(database.db, serving);
    const [{ id: legacyId } = { id: '' }] = rig.legacy.notes;
    await deleteMeanwhile(rig, note, ['during']);
    await rig.even();
    const lines = rig.new.linesOf(note);
    expect(lines).toHaveLength(8);
    expect(lines.slice(-2)[0]).toBe('during');
    expect(linesOnLegacy(rig, legacyId)).toEqual(lines);
    expect([rig.legacy.notes, rig.new.notes]).toEqual([[], []]);
    const [entry] = await rig.entries('POST /notes/:note_id/lines');
    expect(entry).toMatchObject({ mirror: 'applied', verdict: 'matched' });
    // Later texts go on from there on both.
    await say(rig, note, 'after');
    await rig.even();
    expect(linesOnLegacy(rig, legacyId)).toEqual(rig.new.linesOf(note));
    expect(rig.new.linesOf(note)).toHaveLength(10);
  });

  it('has everything on legacy where two texts were at the model', async () => {
    const { rig, note } = await startHolding(database.db, 'new');
    const [{ id: legacyId } = { id: '' }] = rig.legacy.notes;
    await deleteMeanwhile(rig, note, ['first', 'second']);
    await rig.even();
    expect(rig.new.linesOf(note)).toHaveLength(10);
    expect(linesOnLegacy(rig, legacyId)).toEqual(rig.new.linesOf(note));
  });

  it('has everything on legacy where legacy and the gateway were away meanwhile', async () => {
    const { rig, note } = await startHolding(database.db, 'new');
    const [{ id: legacyId } = { id: '' }] = rig.legacy.notes;
    await rig.stopLegacy();
    await deleteMeanwhile(rig, note, ['during']);
    rig.kill();
    await rig.startLegacy();
    await rig.restart();
    await rig.even();
    expect(rig.new.linesOf(note)).toHaveLength(8);
    expect(linesOnLegacy(rig, legacyId)).toEqual(rig.new.linesOf(note));
  });

  it('shows the deletion as stuck where legacy does not do it in time, and lets the text go', async () => {
    const across = { asks: 5000, waits: 300 };
    const { rig, note } = await startHolding(database.db, 'new', { mirror: { across } });
    const [{ id: legacyId } = { id: '' }] = rig.legacy.notes;
    const { handle } = rig.legacy;
    rig.legacy.handle = async (asked) =>
      asked.method === 'DELETE' ? { status: 503, json: { error: 'busy' } } : handle(asked);
    await deleteMeanwhile(rig, note, ['during']);
    await until(
      async () => (await rig.continuity.size()).pinned.length > 0,
      20_000,
      'the deletion to be stuck',
    );
    const [pin] = (await rig.continuity.size()).pinned;
    expect(pin).toMatchObject({ route: 'DELETE /notes/:note_id' });
    expect(pin?.reason).toContain('legacy answered 503');
    expect(pin?.reason).toContain('a message was at the model when clients deleted this');
    await until(() => linesOnLegacy(rig, legacyId).length === 8, 20_000, 'the text to be on legacy');
    // A person decides that legacy is not given it.
    await rig.continuity.operator.skip(pin?.id ?? '', 'clients see what was said');
    await rig.even();
    expect(linesOnLegacy(rig, legacyId)).toEqual(rig.new.linesOf(note));
  });

  it('waits no longer than its bound for a legacy that never asks the model', async () => {
    const across = { asks: 200, waits: 300 };
    const { rig, note } = await startHolding(database.db, 'new', { mirror: { across } });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    rig.legacy.before = ({ method, target }) =>
      method === 'POST' && target.endsWith('/lines') ? released : undefined;
    await deleteMeanwhile(rig, note, ['during']);
    await until(() => rig.legacy.notes.length === 0, 20_000, 'the deletion on legacy');
    release();
    await rig.even();
    expect((await rig.continuity.size()).pinned).toEqual([]);
  });
});
