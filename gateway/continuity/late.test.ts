/** What legacy is given late: after `rollback --now`, and after clients wrote to the same on legacy. */
import { expect, it, onTestFinished } from 'vitest';
import { onFailpoint } from './failpoints.ts';
import { onBothDatabases } from './testing/both.ts';
import { type Rig, type RigOptions, startRig } from './testing/rig.ts';

const all = (rig: Rig) => rig.table.routes.map(({ key }) => key);

/** What both sides show of all notes, asked as clients ask: in public ids and times. */
async function shown(rig: Rig, mode: 'legacy' | 'new') {
  rig.flip(mode);
  const served = rig[mode].requests.length;
  const list = await rig.ask('GET', '/notes');
  const lines = [];
  for (const { id } of list.json as { id: string }[])
    lines.push((await rig.ask('GET', `/notes/${id}/lines`)).text);
  expect(rig[mode].requests.length).toBeGreaterThan(served);
  return { list: list.text, lines };
}

async function expectAlike(rig: Rig) {
  await rig.even();
  expect(await shown(rig, 'new')).toEqual(await shown(rig, 'legacy'));
}

const bound = { timeout: 20_000 };

onBothDatabases((database) => {
  /** A note on both sides, and then `written` on new alone, which legacy serves without since. */
  async function leftBehind(written: (rig: Rig, note: string) => Promise<unknown>, options: RigOptions = {}) {
    const rig = await startRig(database.db, { patience: { read: 60_000 }, ...options });
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'before' });
    await rig.even();
    rig.flip('new');
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const undo = onFailpoint('replay', () => held);
    onTestFinished(() => {
      undo();
      letGo();
    });
    await written(rig, note);
    await rig.continuity.operator.leaveBehind(all(rig));
    rig.flip('legacy');
    return {
      rig,
      note,
      /** The replay that was about to be sent finds that it was overtaken. */
      async stuck(count = 1) {
        undo();
        letGo();
        await expect.poll(async () => (await rig.continuity.size()).pinned.length, bound).toBe(count);
      },
    };
  }

  const line = (text: string) => (rig: Rig, note: string) =>
    rig.ask('POST', `/notes/${note}/lines`, { text }).then(({ status }) => expect(status).toBe(200));
  const title = (text: string) => (rig: Rig, note: string) =>
    rig.ask('PUT', `/notes/${note}/title`, { title: text }).then(({ status }) => expect(status).toBe(200));
  const texts = (rig: Rig, mode: 'legacy' | 'new') =>
    rig[mode].linesOf(rig[mode].notes[0]?.id ?? '').filter((text) => !text.startsWith('reply'));

  it('ends with the lines in one order on both sides, which is that of legacy', async () => {
    const { rig, note, stuck } = await leftBehind(line('left behind'));
    await line('on legacy since')(rig, note);
    await stuck();
    expect((await rig.continuity.size()).pinned[0]?.reason).toContain(
      'the new backend takes over what legacy shows',
    );
    await rig.continuity.operator.retry();
    await expectAlike(rig);
    expect(texts(rig, 'legacy')).toEqual(['before', 'on legacy since', 'left behind']);
    expect(texts(rig, 'new')).toEqual(texts(rig, 'legacy'));
    expect(await rig.continuity.size()).toMatchObject({
      pinned: [],
      divergent: 0,
      lag: { legacy: 0, new: 0 },
    });
    // Nobody pays twice, and both go on from there.
    expect(rig.paid).toHaveLength(3);
    rig.flip('new');
    await line('on new again')(rig, note);
    await expectAlike(rig);
    expect(texts(rig, 'legacy').at(-1)).toBe('on new again');
  });

  it.each([
    ['a title', title('left behind'), title('on legacy since'), 'left behind'],
    ['a title and a line', title('left behind'), line('on legacy since'), 'left behind'],
    ['a line and a title', line('left behind'), title('on legacy since'), 'on legacy since'],
  ])('ends alike on both sides: %s', async (_, left, since, name) => {
    const { rig, note, stuck } = await leftBehind(left);
    await since(rig, note);
    await stuck();
    await rig.continuity.operator.retry();
    await expectAlike(rig);
    expect(rig.legacy.notes[0]?.title).toBe(name);
    expect((await rig.continuity.size()).divergent).toBe(0);
  });

  it('deletes a note on both sides, though legacy was written to since', async () => {
    const { rig, note, stuck } = await leftBehind((rig, id) => rig.ask('DELETE', `/notes/${id}`));
    await line('on legacy since')(rig, note);
    await stuck();
    await rig.continuity.operator.retry();
    await expectAlike(rig);
    expect([rig.legacy.notes, rig.new.notes, rig.new.linesOf(note)]).toEqual([[], [], []]);
  });

  it('reads what is stuck from legacy at once, whatever the flag says', async () => {
    const { rig, note, stuck } = await leftBehind(line('left behind'));
    await line('on legacy since')(rig, note);
    await stuck();
    const began = performance.now();
    const expected = [{ text: 'before' }, {}, { text: 'on legacy since' }, {}];
    for (const mode of ['new', 'legacy'] as const) {
      rig.flip(mode);
      expect((await rig.ask('GET', `/notes/${note}/lines`)).json).toMatchObject({ lines: expected });
      expect((await rig.ask('GET', '/notes')).json).toHaveLength(1);
    }
    // A read would wait for the mirror for a minute.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('takes over what is written to legacy while it compares, each line once', async () => {
    const { rig, note, stuck } = await leftBehind(line('left behind'));
    await line('on legacy since')(rig, note);
    await stuck();
    let isFirst = true;
    onTestFinished(
      onFailpoint('evening', async () => {
        if (isFirst) {
          isFirst = false;
          await line('meanwhile')(rig, note);
        }
      }),
    );
    await rig.continuity.operator.retry();
    await expectAlike(rig);
    expect(isFirst).toBe(false);
    expect(texts(rig, 'new')).toEqual(['before', 'on legacy since', 'left behind', 'meanwhile']);
  });

  it('goes on after a restart with what legacy has already, and gives it nothing twice', async () => {
    const { rig, note, stuck } = await leftBehind(line('left behind'));
    await line('on legacy since')(rig, note);
    await stuck();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const undo = onFailpoint('evening', () => {
      reach();
      throw new Error('killed');
    });
    await rig.continuity.operator.retry();
    await reached;
    rig.kill();
    undo();
    await rig.restart();
    await expectAlike(rig);
    expect(texts(rig, 'legacy')).toEqual(['before', 'on legacy since', 'left behind']);
  });

  it('says what differs where the new backend cannot take it over, and compares again on retry', async () => {
    let refusal: string | undefined = 'the new backend is busy';
    const { rig, note, stuck } = await leftBehind(line('left behind'), {
      takeOver: async (entity) => refusal ?? rig.new.put(entity),
    });
    await line('on legacy since')(rig, note);
    await stuck();
    const [first] = (await rig.continuity.size()).pinned;
    await rig.continuity.operator.retry();
    const differing = async () => (await rig.continuity.size()).pinned[0];
    await expect.poll(differing, bound).toMatchObject({ id: first?.id, overtaken: 'taken' });
    expect((await differing())?.reason).toContain('both backends have it, and the new backend is busy');
    const [{ differences } = expect.fail('nothing differs')] = await rig.continuity.operator.divergences();
    expect(differences.map(({ place }) => place).join()).toContain('GET /notes/:note_id/lines body $.lines');
    // Legacy goes on serving it, and has it once.
    rig.flip('new');
    expect((await rig.ask('GET', `/notes/${note}/lines`)).text).toContain('left behind');
    refusal = undefined;
    await rig.continuity.operator.retry();
    await expectAlike(rig);
    expect(texts(rig, 'legacy')).toEqual(['before', 'on legacy since', 'left behind']);
  });

  it('does not give legacy a note under whose id clients have written there since: that would hide their lines', async () => {
    let made = '';
    const { rig, stuck } = await leftBehind(async (rig) => {
      made = await rig.make();
    });
    await line('on legacy since')(rig, made);
    await stuck();
    await rig.continuity.operator.retry();
    await expect
      .poll(async () => (await rig.continuity.size()).pinned[0]?.reason, bound)
      .toContain('legacy was written to under the id');
    expect((await rig.ask('GET', `/notes/${made}/lines`)).json).toMatchObject({
      lines: [{ text: 'on legacy since' }, {}],
    });
  });
});
