/** A gateway that starts in front of a legacy full of data: nothing of it is ever missing, and in the end the new backend has all. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { onFailpoint } from '../failpoints.ts';
import { onBothDatabases, onPGlite } from '../testing/both.ts';
import { manyNotes, notesSource, oldId } from '../testing/notes-source.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';
import type { SyncSource } from './source.ts';

/** Legacy has notes before the gateway starts; `go` lets the sync read them. */
function before(count: number) {
  const { promise: going, resolve: go } = Promise.withResolvers<void>();
  const ids = Array.from({ length: count }, (_, at) => oldId(at));
  const options: RigOptions = {
    startsAtOnce: true,
    legacyHas: (legacy) => manyNotes(legacy, count),
    sources: (legacy, fresh) => [notesSource(legacy, fresh, () => going)],
  };
  return { ids, go, options };
}

/** A source of notes that does something else, and waits for nothing. */
const sourceThat =
  (change: (source: SyncSource) => Partial<SyncSource>): NonNullable<RigOptions['sources']> =>
  (legacy, fresh) => {
    const source = notesSource(legacy, fresh);
    return [{ ...source, ...change(source) }];
  };

const ended = (rig: Rig) =>
  until(
    () => rig.continuity.sync.isEnded && rig.continuity.sync.progress().length > 0,
    20_000,
    'the sync to end',
  );
const titles = async (rig: Rig) =>
  ((await rig.ask('GET', '/notes')).json as { title: string }[]).map(({ title }) => title);
const lines = async (rig: Rig, id: string) =>
  ((await rig.ask('GET', `/notes/${id}/lines`)).json as { lines: { text: string }[] }).lines.map(
    ({ text }) => text,
  );
/** Requests of clients that the new backend answered since; the sync's own reads go to both. */
const servedByNew = (rig: Rig, target: string, method = 'GET') =>
  rig.new.requests.filter((asked) => asked.target === target && asked.method === method).length;

onBothDatabases((database) => {
  it('lets legacy serve what the new backend is not known to have, whatever the flags say, and gives it over', async () => {
    const { ids, go, options } = before(5);
    const rig = await startRig(database.db, options);
    rig.flip('new');
    const [first = '', second = ''] = ids;
    expect(await titles(rig)).toEqual(['Old 4', 'Old 3', 'Old 2', 'Old 1', 'Old 0']);
    expect(await lines(rig, first)).toEqual(['question 0', 'answer 0']);
    expect((await rig.ask('PUT', `/notes/${second}/title`, { title: 'Renamed before' })).status).toBe(200);
    expect((await rig.ask('DELETE', `/notes/${ids[4]}`)).status).toBe(200);
    const made = await rig.make();
    expect(rig.new.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    const seen = await titles(rig);
    expect(seen.toSorted()).toEqual(['Note 5', 'Old 0', 'Old 2', 'Old 3', 'Renamed before']);
    go();
    await ended(rig);
    const lists = servedByNew(rig, '/notes');
    expect(await titles(rig)).toEqual(seen);
    expect(servedByNew(rig, '/notes')).toBe(lists + 1);
    expect(await lines(rig, second)).toEqual(['question 1', 'answer 1']);
    await rig.ask('POST', `/notes/${made}/lines`, { text: 'after' });
    expect(servedByNew(rig, `/notes/${made}/lines`, 'POST')).toBe(1);
    await rig.even();
    rig.flip('legacy');
    expect(await lines(rig, made)).toEqual(['after', 'reply 1 to Answer: after']);
    expect((await titles(rig)).toSorted()).toEqual(seen.toSorted());
  });

  it('makes a note known by itself, so that it moves while others have still to be brought', async () => {
    const { ids, options } = before(45);
    const reads: string[] = [];
    const { promise: never, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const rig = await startRig(database.db, {
      ...options,
      sources: (legacy, fresh) => [
        notesSource(legacy, fresh, (read) => {
          reads.push(...read);
          // The second batch does not come.
          return reads.length > 20 ? never : undefined;
        }),
      ],
    });
    rig.flip('new');
    await until(() => rig.continuity.sync.progress()[0]?.known === 20, 20_000, 'the first batch');
    const brought = reads[0] ?? '';
    const [other = ''] = ids.filter((id) => !reads.includes(id));
    await rig.ask('PUT', `/notes/${brought}/title`, { title: 'On new' });
    await rig.ask('PUT', `/notes/${other}/title`, { title: 'On legacy' });
    expect(servedByNew(rig, `/notes/${brought}/title`, 'PUT')).toBe(1);
    expect(servedByNew(rig, `/notes/${other}/title`, 'PUT')).toBe(0);
    const shown = await titles(rig);
    expect(shown).toHaveLength(45);
    expect(shown).toEqual(expect.arrayContaining(['On new', 'On legacy']));
  });

  it('goes on after a gateway that was killed in the middle of it', async () => {
    const { go, options } = before(60);
    const rig = await startRig(database.db, options);
    const undo = onFailpoint('synced', () => {
      throw new Error('killed');
    });
    onTestFinished(undo);
    go();
    await until(() => rig.continuity.sync.progress()[0]?.known !== 0, 20_000, 'the first batch');
    rig.kill();
    await rig.restart();
    undo();
    await ended(rig);
    rig.flip('new');
    expect(await titles(rig)).toHaveLength(60);
  });
});

onPGlite((database) => {
  it('does not lose a write that comes between the snapshot and the install', async () => {
    const { ids, options } = before(3);
    const [first = ''] = ids;
    const holder: { rig?: Rig } = {};
    let isWritten = false;
    const rig = await startRig(database.db, {
      ...options,
      sources: sourceThat((source) => ({
        async snapshots(wanted, signal) {
          const read = await source.snapshots(wanted, signal);
          if (!isWritten && wanted.includes(first)) {
            isWritten = true;
            await until(() => holder.rig !== undefined, 5000, 'the rig');
            await holder.rig?.ask('PUT', `/notes/${first}/title`, { title: 'In between' });
          }
          return read;
        },
      })),
    });
    holder.rig = rig;
    await ended(rig);
    rig.flip('new');
    expect(await titles(rig)).toContain('In between');
    await rig.even();
    expect(rig.new.notes.map(({ title }) => title)).toContain('In between');
  });

  it('leaves on legacy what it cannot bring, and says which and why', async () => {
    const { ids, options } = before(3);
    const [first = ''] = ids;
    const rig = await startRig(database.db, {
      ...options,
      startsAtOnce: false,
      sources: sourceThat((source) => ({
        async install(tx, id, ...rest) {
          if (id === first) throw new Error('its title is too long');
          return source.install(tx, id, ...rest);
        },
      })),
    });
    rig.flip('new');
    expect(rig.continuity.sync.progress()).toMatchObject([
      {
        kind: 'note',
        phase: 'left',
        known: 2,
        total: 3,
        left: { count: 1, first: [{ key: `note:${first}`, reason: 'its title is too long' }] },
      },
    ]);
    expect(await titles(rig)).toHaveLength(3);
    expect(await lines(rig, first)).toEqual(['question 0', 'answer 0']);
    expect(await lines(rig, ids[1] ?? '')).toEqual(['question 1', 'answer 1']);
    expect(servedByNew(rig, `/notes/${ids[1]}/lines`)).toBe(2);
  });

  it('makes nothing known that the two backends show differently', async () => {
    const { ids, options } = before(2);
    const [first = ''] = ids;
    const rig = await startRig(database.db, {
      ...options,
      startsAtOnce: false,
      sources: sourceThat((source) => ({
        async install(tx, id, snapshot, names) {
          const state = snapshot as { lines: string[] };
          const withoutOne = { ...state, lines: state.lines.slice(1) };
          return source.install(tx, id, id === first ? withoutOne : snapshot, names);
        },
      })),
    });
    rig.flip('new');
    const [progress] = rig.continuity.sync.progress();
    expect(progress?.left.first).toMatchObject([
      { key: `note:${first}`, reason: expect.stringContaining('GET /notes/:note_id/lines') },
    ]);
    expect(await lines(rig, first)).toEqual(['question 0', 'answer 0']);
  });

  describe('without a source', () => {
    it('makes known what both backends show alike', async () => {
      const { ids, options } = before(2);
      const { sources: _, ...rest } = options;
      const rig = await startRig(database.db, rest);
      rig.flip('new');
      const [first = '', second = ''] = ids;
      rig.new.install(first, rig.legacy.stateOf(first));
      expect(await titles(rig)).toHaveLength(2);
      await until(() => rig.continuity.sync.progress()[0]?.known === 1, 20_000, 'one to be known');
      rig.new.install(second, rig.legacy.stateOf(second));
      await ended(rig);
      expect(await titles(rig)).toHaveLength(2);
    });
  });
});
