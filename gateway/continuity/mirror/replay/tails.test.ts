/** Several of the same to legacy, one after the other, before each of which it need not be looked at. */
import { expect, it } from 'vitest';
import { onBothDatabases } from '../../testing/both.ts';
import { killAt } from '../../testing/kill-at.ts';
import { type Rig, startRig } from '../../testing/rig.ts';

const said = 5;

/** Says the same again and again to a note on new, and gets the same reply, while legacy stands still; before it goes on, and as it does. */
async function sayTheSame(
  rig: Rig,
  { before, after }: { before?: () => Promise<unknown>; after?: () => Promise<unknown> } = {},
): Promise<string> {
  rig.model = () => 'the same';
  rig.flip('new');
  const note = await rig.make();
  await rig.even();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  rig.legacy.before = () => released;
  for (let n = 0; n < said; n += 1)
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' })).status).toBe(200);
  await before?.();
  const done = after?.();
  rig.legacy.before = () => {};
  release();
  await done;
  return note;
}

const looksOf = (rig: Rig) =>
  rig.legacy.requests.filter(({ method, target }) => method === 'GET' && target.endsWith('/lines')).length;

const expectAll = (rig: Rig, note: string, times = said) => {
  expect(rig.new.linesOf(note)).toHaveLength(2 * times);
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
      const note = await sayTheSame(rig, { after: () => killAt(rig, point, 3) });
      await rig.restart();
      await rig.even();
      expectAll(rig, note);
      const entries = await rig.entries('POST /notes/:note_id/lines');
      expect(entries.map(({ mirror }) => mirror)).toEqual(entries.map(() => 'applied'));
    },
  );

  it('looks where legacy serves others too, as a person has left something behind', async () => {
    const rig = await startRig(database.db);
    const note = await sayTheSame(rig, {
      before: () => rig.continuity.operator.leaveBehind([...rig.table.routes.map(({ key }) => key)]),
    });
    await rig.even();
    expect(looksOf(rig)).toBe(said);
    expectAll(rig, note);
  });

  it('knows nothing any more once a chain has ended, though not with a line', async () => {
    const rig = await startRig(database.db);
    const note = await sayTheSame(rig, {
      before: () => rig.ask('PUT', `/notes/${note0(rig)}/title`, { title: 'the end of it' }),
    });
    await rig.even();
    // Legacy is told the very same by a client.
    rig.flip('legacy');
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' })).status).toBe(200);
    await rig.even();
    rig.flip('new');
    const killed = killAt(rig, 'sending');
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' })).status).toBe(200);
    await killed;
    await rig.restart();
    await rig.even();
    expectAll(rig, note, said + 2);
  });
});

const note0 = (rig: Rig) => rig.new.notes[0]?.id ?? '';
