/** A gateway from which another one has taken the database over: whatever it had begun, it writes nothing that it may not. */
import { CompiledQuery } from 'kysely';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import type { BanyanError } from '../../errors.ts';
import { silentLog } from '../../log.ts';
import { onFailpoint } from '../failpoints.ts';
import { journalOf } from '../journal/tables.ts';
import { onBothDatabases } from '../testing/both.ts';
import { startRig } from '../testing/rig.ts';
import { Claim, type ClaimOptions } from './claim.ts';
import { readDuty } from './duty.ts';
import { thisProcess } from './process.ts';

const stillOwed = expect.stringMatching(/^(sending|owed)$/);

onBothDatabases((database) => {
  let lost: BanyanError[];
  beforeEach(() => {
    lost = [];
  });
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const each of undo.splice(0)) each();
  });
  const onClaimLost = (error: BanyanError) => void lost.push(error);
  const query: ClaimOptions['query'] = async <Row>(text: string, values: readonly unknown[] = []) =>
    (await journalOf(database.db).executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;

  /** Another gateway has the database from now on. */
  async function takeOver(): Promise<void> {
    const { holder } = await readDuty({ query });
    const self = { ...thisProcess(), place: 'another boot' };
    const claim = await Claim.take({ query, self, saidGone: holder?.id, log: silentLog });
    onTestFinished(() => claim.close());
  }

  it('admits nothing, serves no reads of what others may have changed, and is told to end', async () => {
    const rig = await startRig(database.db, { onClaimLost });
    const note = await rig.make();
    await rig.even();
    await takeOver();
    const refused = { status: 503, json: { code: 'claim_lost' } };
    expect(await rig.ask('PUT', `/notes/${note}/title`, { title: 'Not taken' })).toMatchObject(refused);
    expect(await rig.ask('POST', '/notes')).toMatchObject(refused);
    expect(await rig.ask('GET', '/notes')).toMatchObject(refused);
    expect(await rig.entries('PUT /notes/:note_id/title')).toEqual([]);
    expect(await rig.entries('POST /notes')).toHaveLength(1);
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Note 1']);
    expect(lost.map(({ code }) => code)).toEqual(['claim_lost']);
  });

  it('settles what it had admitted, as its client has seen it, and gives the other side nothing', async () => {
    const rig = await startRig(database.db, { onClaimLost });
    const note = await rig.make();
    await rig.even();
    rig.flip('new');
    undo.push(onFailpoint('answered', takeOver));
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Acknowledged' })).status).toBe(200);
    await until(() => lost.length > 0, 5000, 'the mirror to notice');
    await rig.continuity.mirror.close();
    expect(await rig.entries('PUT /notes/:note_id/title')).toMatchObject([
      { state: 'settled', mirror: 'owed', fault: null, attempts: 0 },
    ]);
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Note 1']);
  });

  it.each(['replayed', 'failing'] as const)(
    'marks nothing of a replay that was under way, at %s, so that its successor looks for it',
    async (point) => {
      const rig = await startRig(database.db, { onClaimLost });
      const note = await rig.make();
      await rig.even();
      rig.flip('new');
      undo.push(
        onFailpoint(point, takeOver),
        onFailpoint('sending', () => {
          if (point === 'failing') throw new Error('broken off');
        }),
      );
      expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Replayed' })).status).toBe(200);
      await until(() => lost.length > 0, 5000, 'the mirror to notice');
      await rig.continuity.mirror.close();
      expect(await rig.entries('PUT /notes/:note_id/title')).toMatchObject([
        { mirror: stillOwed, fault: null, attempts: 0, verdict: null },
      ]);
    },
  );

  it('moves no keys, skips nothing and tries nothing again for a person', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    await rig.stopLegacy();
    await rig.make();
    const [entry] = await rig.entries('POST /notes');
    await takeOver();
    const { operator } = rig.continuity;
    const fencedOff = { code: 'BY001' };
    for (const leave of [operator.leaveBehind, operator.atOnce])
      await expect(leave(rig.table.routes.map(({ key }) => key))).rejects.toMatchObject({
        code: 'claim_lost',
      });
    await expect(operator.skip(entry?.id ?? '', 'why')).rejects.toMatchObject(fencedOff);
    await expect(operator.retry(entry?.id ?? '')).rejects.toMatchObject(fencedOff);
    expect(await rig.entries('POST /notes')).toMatchObject([
      { side: 'new', mirror: stillOwed, pinned: false },
    ]);
    const keys = await journalOf(database.db).selectFrom('keys').select('side').execute();
    expect(new Set(keys.map(({ side }) => side))).toEqual(new Set(['new']));
  });
});
