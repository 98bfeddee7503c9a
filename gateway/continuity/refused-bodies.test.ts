/** Bodies of writes that came to nothing take no room, neither in files nor in the journal. */
import { expect, it } from 'vitest';
import { onBothDatabases } from '../../services/db/testing/both.ts';
import { until } from '../../setup/testing/processes.ts';
import { startRig } from './testing/rig.ts';

const large = { junk: 'x'.repeat(400 * 1024) };
const small = { junk: 'x'.repeat(1000) };

onBothDatabases((database) => {
  it('go at once where legacy refuses the write, or could not be reached', async () => {
    const rig = await startRig(database.db);
    const { handle } = rig.legacy;
    rig.legacy.handle = async () => ({ status: 400, json: { error: 'no' } });
    for (const body of [large, small]) expect((await rig.ask('POST', '/notes', body)).status).toBe(400);
    await rig.stopLegacy();
    for (const body of [large, small]) expect((await rig.ask('POST', '/notes', body)).status).toBe(502);
    const isSpent = async () =>
      (await rig.bodies()).length === 0 &&
      (await rig.entries('POST /notes')).every(({ body, request }) => !body && !request.includes('bodyFile'));
    await until(isSpent, 20_000, 'the bodies to go');
    expect((await rig.continuity.size()).bodies).toMatchObject({ files: 0, bytes: 0 });
    expect(await rig.entries('POST /notes')).toHaveLength(4);

    // What has an effect keeps its body until the other backend has been given it, and for as long as its entry is kept.
    await rig.startLegacy();
    rig.legacy.handle = handle;
    expect((await rig.ask('POST', '/notes', large)).status).toBe(201);
    await rig.even();
    expect(await rig.bodies()).toHaveLength(1);
    expect((await rig.continuity.size()).bodies.files).toBe(1);
  });

  it('are refused with 503 where the disk is nearly full, having done nothing; reads go on', async () => {
    let free = 1024 ** 4;
    const rig = await startRig(database.db, { freeBytes: async () => free });
    await rig.make();
    free = 1024;
    const refused = await rig.ask('POST', '/notes', small);
    expect(refused).toMatchObject({ status: 503, json: { error: expect.stringContaining('nearly full') } });
    expect(rig.legacy.notes).toHaveLength(1);
    expect((await rig.ask('GET', '/notes')).status).toBe(200);
    free = 1024 ** 4;
    expect((await rig.ask('POST', '/notes', small)).status).toBe(201);
  });
});
