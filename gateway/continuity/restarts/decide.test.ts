/** Legacy comes back without its notes, and a person decides whose data is right. */
import { expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { operated } from '../../cli/testing/operated.ts';
import { onPGlite } from '../testing/both.ts';
import { forgetful } from '../testing/forgetful-notes.ts';
import { notesSource } from '../testing/notes-source.ts';
import { type Rig, startRig } from '../testing/rig.ts';

const titles = async (rig: Rig) =>
  ((await rig.ask('GET', '/notes')).json as { title: string }[]).map(({ title }) => title);

async function titled(rig: Rig, title: string): Promise<string> {
  const note = await rig.make();
  await rig.ask('PUT', `/notes/${note}/title`, { title });
  return note;
}

onPGlite((database) => {
  /**
   * Two notes, of which legacy has lost both; one was renamed since.
   * @param isSynced false: the first sync has brought only the first note by then
   */
  async function withoutNotes({ isSynced = true, restarts = 20 } = {}) {
    const { promise: going, resolve: go } = Promise.withResolvers<void>();
    let unreadable = '';
    const faultOf = (ids: readonly string[]) =>
      ids.includes(unreadable) ? [[unreadable, new Error('half written')] as const] : [];
    const rig = await startRig(database.db, {
      table: forgetful(),
      patience: { restarts },
      startsAtOnce: true,
      sources: (legacy, fresh) => {
        const source = notesSource(legacy, fresh);
        return [
          {
            ...source,
            ids: (signal) => going.then(() => source.ids(signal)),
            snapshots: async (ids, signal) =>
              new Map([...(await source.snapshots(ids, signal)), ...faultOf(ids)]),
          },
        ];
      },
    });
    const { sync, restarts: looks } = rig.continuity;
    if (isSynced) go();
    const [first, second] = [await titled(rig, 'First'), await titled(rig, 'Second')];
    await rig.ask('POST', `/notes/${first}/scans`, { name: 'a' });
    await rig.even();
    if (!isSynced) unreadable = second;
    go();
    const isKnown = () => rig.continuity.journal.knowledge.isKnown(`note:${first}`);
    await until(() => (isSynced ? sync.isEnded : isKnown()), 10_000, 'the sync');
    const isWitnessed = () =>
      looks.look().then(() => looks.current.witnesses.some(({ head }) => head != null));
    await until(isWitnessed, 10_000, 'a witness');
    rig.legacy.notes = [];
    await rig.restartLegacy();
    unreadable = '';
    sync.kick();
    await rig.ask('GET', '/notes');
    await until(() => looks.current.blocked !== undefined, 10_000, 'legacy to be blocked');
    await rig.continuity.aftercare.idle();
    await rig.ask('PUT', `/notes/${first}/title`, { title: 'Renamed' });
    return { rig, first, second, ...(await operated(rig)) };
  }

  it("lets legacy's data stand where a person says so, and says before what is lost", async () => {
    const { rig, first, banyan, store } = await withoutNotes();
    const shown = await banyan('legacy');
    expect([shown.code, shown.out]).toEqual([3, expect.stringContaining(`note:${first}: `)]);
    expect(shown.out.replace(/\s+/g, ' ')).toContain('nothing is written to it: legacy lists no note');
    const asked = await banyan('legacy', 'adopt', '--reason', 'the backup is right');
    expect([asked.code, asked.err]).toEqual([
      2,
      expect.stringContaining('clients lose what only the new backend has'),
    ]);
    expect(await titles(rig)).toEqual(['Renamed', 'Second']);
    const { code, out } = await banyan('legacy', 'adopt', '--yes', '--reason', 'the backup is right');
    expect([code, out]).toEqual([0, expect.stringContaining("Legacy's data stands of 2 keys")]);
    expect(out).toContain('never given 1 write');
    await until(() => rig.continuity.sync.isEnded && rig.new.notes.length === 0, 10_000, 'the sync to end');
    await rig.even();
    for (const side of ['legacy', 'new'] as const) {
      rig.flip(side);
      expect(await titles(rig)).toEqual([]);
    }
    expect(rig.legacy.notes).toEqual([]);
    expect((await banyan('legacy')).code).toBe(0);
    expect((await store.history({ limit: 1 }))[0]).toMatchObject({
      decided: 'adopted',
      why: expect.stringContaining('the backup is right'),
    });
    const made = await titled(rig, 'Afterwards');
    await rig.even();
    expect([rig.legacy.notes, rig.new.notes]).toMatchObject([[{ title: 'Afterwards' }], [{ id: made }]]);
  });

  it('decides about named keys only, and leaves legacy blocked for the rest', async () => {
    const { rig, second, banyan } = await withoutNotes();
    const { code } = await banyan('legacy', 'adopt', `note:${second}`, '--yes', '--reason', 'it was spam');
    expect(code).toBe(0);
    await until(async () => (await titles(rig)).length === 1, 10_000, 'one note to be left');
    expect(await titles(rig)).toEqual(['Renamed']);
    expect(rig.continuity.incarnations().blocked).not.toBeNull();
    const again = await banyan('legacy', 'adopt', `note:${second}`, '--yes', '--reason', 'once more');
    expect([again.code, again.err]).toEqual([
      expect.any(Number),
      expect.stringContaining(`Legacy lacks no data of note:${second}`),
    ]);
  });

  it('lists with a rollback what legacy lacks, and leaves it where it is', async () => {
    const { rig, first, second, banyan } = await withoutNotes();
    const preview = await banyan('rollback', '--now', '--dry-run');
    expect(preview.out).toContain('Legacy has lost or forgotten something of 2 keys');
    const { code, out } = await banyan('rollback', '--now', '--force', '--reason', 'at night');
    expect(code).toBe(3);
    for (const note of [first, second]) expect(out).toContain(`note:${note}`);
    expect(out).not.toContain('Legacy has everything');
    expect(await titles(rig)).toEqual(['Renamed', 'Second']);
  });

  it('takes over nothing of what legacy lost before the first sync had ended', async () => {
    const { rig } = await withoutNotes({ isSynced: false, restarts: 60_000 });
    const reason = () => rig.continuity.sync.progress().map((kind) => kind.reason ?? '');
    await until(() => reason().some((text) => text.includes('banyan legacy')), 10_000, 'the sync to wait');
    expect(await titles(rig)).toEqual(['Renamed']);
  });

  it('gives legacy back what it lacks where a person says so', async () => {
    const { rig, banyan } = await withoutNotes();
    const { code } = await banyan('legacy', 'give-back', '--reason', 'its disk is back');
    expect(code).toBe(0);
    expect(rig.continuity.incarnations().blocked).toBeNull();
    expect(await titles(rig)).toEqual(['Renamed', 'Second']);
  });
});
