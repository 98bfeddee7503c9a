/** What the mirror begins next when something comes to its end. */
import { expect, it, onTestFinished } from 'vitest';
import { onFailpoint } from '../failpoints.ts';
import { onBothDatabases } from '../testing/both.ts';
import { startRig } from '../testing/rig.ts';

/** While other programs use the processor. */
const bound = { timeout: 20_000 };

onBothDatabases((database) => {
  it.each(['the first to be replayed ends first', 'the second to be replayed ends first'])(
    'goes on with a note though another one comes to its end in the same moment: %s',
    async (order) => {
      const rig = await startRig(database.db);
      rig.flip('new');
      const notes = [await rig.make(), await rig.make()];
      await rig.even();
      const held: (() => void)[] = [];
      onTestFinished(
        onFailpoint('applied', async () => {
          if (held.length === 2) return;
          const { promise, resolve } = Promise.withResolvers<void>();
          held.push(resolve);
          await promise;
        }),
      );
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      rig.legacy.before = () => released;
      const retitle = async (note: string | undefined, title: string) =>
        expect((await rig.ask('PUT', `/notes/${note}/title`, { title })).status).toBe(200);
      await retitle(notes[0], 'the only one');
      await retitle(notes[1], 'the first of two');
      await retitle(notes[1], 'the second of two');
      rig.legacy.before = () => {};
      release();
      await expect.poll(() => held.length, bound).toBe(2);
      for (const go of order.startsWith('the first') ? held : held.toReversed()) go();
      await rig.even();
      expect(rig.legacy.notes.map(({ title }) => title).sort()).toEqual([
        'the only one',
        'the second of two',
      ]);
    },
  );

  it('lets nothing overtake a write that is about to be stuck, though it is read again meanwhile', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const [stuck = '', other = ''] = [await rig.make(), await rig.make()];
    await rig.even();
    const { handle } = rig.legacy;
    const legacyId = rig.legacy.notes.map(({ id }) => id);
    rig.legacy.handle = async (asked) =>
      asked.method === 'PUT' && asked.body?.includes('refused')
        ? { status: 404, json: { error: 'no such note' } }
        : handle(asked);
    const retitle = async (note: string, title: string) =>
      expect((await rig.ask('PUT', `/notes/${note}/title`, { title })).status).toBe(200);
    const through = async (title: string) => {
      await retitle(other, title);
      await expect.poll(() => rig.legacy.notes.some((note) => note.title === title), bound).toBe(true);
    };
    onTestFinished(
      onFailpoint('failing', async () => {
        await rig.ask('POST', `/notes/${stuck}/lines`, { text: 'behind it' });
        await through('read again');
      }),
    );
    await retitle(stuck, 'refused');
    await expect.poll(async () => (await rig.continuity.size()).pinned.length, bound).toBe(1);
    await through('and again');
    expect(legacyId.flatMap((id) => rig.legacy.linesOf(id))).toEqual([]);
    expect((await rig.continuity.size()).pinned).toMatchObject([{ behind: 1 }]);
  });
});
