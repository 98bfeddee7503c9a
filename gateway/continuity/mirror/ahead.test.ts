/** What is marked as sent to legacy before its turn has not been sent. */

import { eventually } from '@banyan/operations/testing/eventually.ts';
import { expect, it } from 'vitest';
import { onBothDatabases } from '../testing/both.ts';
import { type Rig, startRig } from '../testing/rig.ts';

/** Three notes on new, of which legacy is at work on the first; the second is marked as sent. */
async function threeNotes(rig: Rig) {
  rig.flip('new');
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  rig.legacy.before = ({ method }) => (method === 'POST' ? released : undefined);
  for (let n = 0; n < 3; n += 1) await rig.make();
  const states = async () => (await rig.entries('POST /notes')).map(({ mirror }) => mirror).reverse();
  await eventually('the second is marked', async () => (await states())[1] === 'sending');
  expect(await states()).toEqual(['sending', 'sending', 'owed']);
  expect(rig.legacy.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  return { release };
}

const titles = ({ notes }: Rig['new']) => notes.map(({ title }) => title).sort();

onBothDatabases((database) => {
  it('gives each to legacy once, in order, after a kill', async () => {
    const rig = await startRig(database.db, { longest: 1000 });
    const { release } = await threeNotes(rig);
    rig.kill();
    await rig.restart();
    release();
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(3);
    expect(titles(rig.legacy)).toEqual(titles(rig.new));
  });

  it('is not sent once a person has skipped it', async () => {
    const rig = await startRig(database.db);
    const { release } = await threeNotes(rig);
    const [, second] = (await rig.entries('POST /notes')).reverse();
    await rig.continuity.operator.skip(second?.id ?? '', 'not wanted');
    release();
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(2);
    expect((await rig.entries('POST /notes')).map(({ mirror }) => mirror).reverse()).toEqual([
      'applied',
      'skipped',
      'applied',
    ]);
  });
});
