/** A side that lacks a write is not judged by what it answers without it. */
import { expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { onPGlite } from '../testing/both.ts';
import { startRig } from '../testing/rig.ts';

onPGlite((database) => {
  it('judges no replay to legacy of a note of which a person has skipped a write', async () => {
    const diverged: string[] = [];
    const rig = await startRig(database.db, { onDivergence: (route) => void diverged.push(route) });
    const note = await rig.make();
    await rig.even();
    rig.flip('new');
    const { handle } = rig.legacy;
    rig.legacy.handle = async () => ({ status: 404, json: { error: 'no such note' } });
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'never on legacy' });
    await until(async () => (await rig.continuity.size()).pinned.length > 0, 20_000, 'a stuck write');
    rig.legacy.handle = handle;
    const [pin] = (await rig.continuity.size()).pinned;
    await rig.continuity.operator.skip(pin?.id ?? '', 'done by hand');
    // Legacy's prompt lacks two turns.
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'after it' });
    await rig.even();
    expect(diverged).toEqual(['POST /notes/:note_id/lines']);
    const [entry] = await rig.entries('POST /notes/:note_id/lines');
    expect([entry?.verdict, entry?.differences]).toEqual(['unknown', expect.stringContaining('model call')]);
  });
});
