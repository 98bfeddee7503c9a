/** Several of the same to legacy, one after the other, before each of which it need not be looked at. */
import { expect, it } from 'vitest';
import { onBothDatabases } from '../../../services/db/testing/both.ts';
import { killAt } from '../testing/kill-at.ts';
import { type Rig, startRig } from '../testing/rig.ts';

const said = 5;

/** Says the same again and again to a note on new, and gets the same reply, while legacy stands still. */
async function sayTheSame(rig: Rig, meanwhile?: () => Promise<void>): Promise<string> {
  rig.model = () => 'the same';
  rig.flip('new');
  const note = await rig.make();
  await rig.even();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  rig.legacy.before = () => released;
  for (let n = 0; n < said; n += 1)
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' })).status).toBe(200);
  rig.legacy.before = () => {};
  const done = meanwhile?.();
  release();
  await done;
  return note;
}

const looksOf = (rig: Rig) =>
  rig.legacy.requests.filter(({ method, target }) => method === 'GET' && target.endsWith('/lines')).length;

const expectAll = (rig: Rig, note: string) => {
  expect(rig.new.linesOf(note)).toHaveLength(2 * said);
  expect(rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '')).toEqual(rig.new.linesOf(note));
};

onBothDatabases((database) => {
  it('looks at legacy before the first of a chain alone', async () => {
    const rig = await startRig(database.db);
    const note = await sayTheSame(rig);
    await rig.even();
    expectAll(rig, note);
    expect(looksOf(rig)).toBe(1);
  });

  it.each(['sending', 'replayed'] as const)(
    'knows after a kill at "%s" in the middle of a chain whether legacy has it',
    async (point) => {
      const rig = await startRig(database.db);
      const note = await sayTheSame(rig, () => killAt(rig, point, 3));
      await rig.restart();
      await rig.even();
      expectAll(rig, note);
      const entries = await rig.entries('POST /notes/:note_id/lines');
      expect(entries.map(({ mirror }) => mirror)).toEqual(entries.map(() => 'applied'));
    },
  );

  it('looks where legacy serves others too, as a person has left something behind', async () => {
    const rig = await startRig(database.db);
    const note = await sayTheSame(rig, async () => {
      await rig.continuity.operator.leaveBehind([...rig.table.routes.map(({ key }) => key)]);
    });
    await rig.even();
    expect(looksOf(rig)).toBe(said);
    expectAll(rig, note);
  });
});
