/** What the gateway itself sends to legacy is never taken for something that was written there directly. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from '@banyan/operations/testing/random.ts';
import { expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { onPGlite } from '../testing/both.ts';
import { notesSource } from '../testing/notes-source.ts';
import { type Rig, startRig } from '../testing/rig.ts';

const clients = 5;
const writes = 14;

/** Creates, writes, renames and deletes notes of its own, as one client after another answer does. */
async function client(rig: Rig, random: () => number): Promise<void> {
  const own: string[] = [];
  for (let i = 0; i < writes; i++) {
    const dice = random();
    const id = own[Math.floor(random() * own.length)];
    if (dice < 0.35 || !id) own.push(await rig.make());
    else if (dice < 0.6) await rig.ask('POST', `/notes/${id}/lines`, { text: `line ${i}` });
    else if (dice < 0.9) await rig.ask('PUT', `/notes/${id}/title`, { title: `title ${i}` });
    else {
      own.splice(own.indexOf(id), 1);
      await rig.ask('DELETE', `/notes/${id}`);
    }
  }
}

onPGlite((database) => {
  it('finds nothing under load, over many flips, while legacy shows what it has not answered yet', async () => {
    const { below } = chance(17);
    const random = () => below(1000) / 1000;
    const rig = await startRig(database.db, {
      audit: { every: 20, perMinute: 1200, pace: 0 },
      sources: (legacy, fresh) => [notesSource(legacy, fresh)],
    });
    // What legacy has done is listed before it answers.
    rig.legacy.after = ({ method }) => (method === 'GET' ? undefined : pause(random() * 30));
    let isOver = false;
    const flipping = (async () => {
      for (let flips = 0; !isOver; flips++) {
        rig.flip(flips % 2 ? 'legacy' : 'new');
        await pause(60);
      }
    })();
    const foreign = randomUUID();
    await Promise.all([
      ...Array.from({ length: clients }, () => client(rig, random)),
      pause(1000).then(() =>
        rig.legacy.install(foreign, {
          note: { id: foreign, title: 'foreign', created_at: '2020', updated_at: '2020', count: 0 },
          lines: [],
        }),
      ),
    ]);
    isOver = true;
    await flipping;
    await rig.even();
    await rig.even();
    const { audit, sync } = rig.continuity;
    await until(
      () => audit.state.foreign === 1 && sync.isEnded,
      10_000,
      `the foreign note: ${JSON.stringify(audit.state)}`,
    );
    const { looks } = audit.state;
    await until(() => audit.state.looks > looks + 3, 10_000, 'a few more looks');
    expect(looks).toBeGreaterThan(10);
    expect(audit.state).toMatchObject({ foreign: 1, adopted: 1, conflicts: 0, withheld: 0 });
    // The title of a new note counts all that a backend has, so titles differ while only legacy has the foreign one.
    const ids = async () =>
      ((await rig.ask('GET', '/notes')).json as { id: string }[]).map(({ id }) => id).toSorted();
    rig.flip('new');
    const onNew = await ids();
    rig.flip('legacy');
    expect(await ids()).toEqual(onNew);
  });
});
