/** PostgreSQL that goes away between the steps of a write, and comes back. */
import { afterEach, expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { onFailpoint } from './failpoints.ts';
import { journalOf } from './journal/tables.ts';
import { onOwnPostgres } from './testing/both.ts';
import { startRig } from './testing/rig.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

onOwnPostgres((database) => {
  it('refuses writes after a while, having done nothing, while reads of what needs no journal go on', async () => {
    const rig = await startRig(database.db, { patience: { admit: 3000 } });
    const note = await rig.make();
    await rig.even();
    await database.server.kill();
    const began = performance.now();
    const refused = await rig.ask('PUT', `/notes/${note}/title`, { title: 'Not taken' });
    expect(refused).toMatchObject({ status: 503, json: { code: 'journal_away' } });
    expect(performance.now() - began).toBeGreaterThan(2800);
    expect((await rig.ask('GET', '/notes')).json).toMatchObject([{ title: 'Note 1' }]);
    expect((await rig.ask('GET', '/elsewhere')).status).toBe(404);
    await database.server.restart();
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Taken' })).status).toBe(200);
    await rig.even();
    expect(rig.new.notes[0]?.title).toBe('Taken');
    rig.flip('new');
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Moved' })).status).toBe(200);
  });

  it('gives up a write whose admission still comes when nobody waits for it any more', async () => {
    const rig = await startRig(database.db, { patience: { admit: 300 } });
    const note = await rig.make();
    await rig.even();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: isHeld, resolve: held } = Promise.withResolvers<void>();
    const db = journalOf(database.db);
    const holding = db.transaction().execute(async (tx) => {
      await tx.selectFrom('keys').selectAll().where('key', '=', `note:${note}`).forUpdate().execute();
      held();
      await released;
    });
    await isHeld;
    const refused = await rig.ask('PUT', `/notes/${note}/title`, { title: 'Too late' });
    expect(refused).toMatchObject({ status: 503, json: { code: 'journal_away' } });
    release();
    await holding;
    const entries = () => rig.entries('PUT /notes/:note_id/title');
    const isVoid = async () => (await entries()).some(({ state }) => state === 'void');
    await until(isVoid, 10_000, 'the write to be given up');
    expect(await entries()).toHaveLength(1);
    expect(await rig.continuity.size()).toMatchObject({ underWay: 0, doubt: 0 });
    // Nothing holds the key.
    rig.flip('new');
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Moved' })).status).toBe(200);
    await rig.even();
    expect(rig.new.notes[0]?.title).toBe('Moved');
    expect(rig.legacy.notes[0]?.title).toBe('Moved');
  });

  it('lets legacy serve reads at once where a person insists, without what it lacks', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    rig.flip('new');
    const { promise, resolve } = Promise.withResolvers<void>();
    undo.push(
      onFailpoint('replay', () => promise),
      resolve,
    );
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Only on new' });
    await database.server.kill();
    rig.flip('legacy');
    const titles = async () => {
      const { json } = await rig.ask('GET', '/notes');
      return (json as { title: string }[]).map(({ title }) => title);
    };
    expect(await titles()).toEqual(['Only on new']);
    const { operator } = rig.continuity;
    await expect(operator.atOnce(rig.table.routes.map(({ key }) => key))).rejects.toThrow();
    expect(await titles()).toEqual(['Note 1']);
    await database.server.restart();
    resolve();
    await rig.even();
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Only on new']);
    expect(await titles()).toEqual(['Only on new']);
  });

  it('waits for it with a write, and with an answer', async () => {
    const rig = await startRig(database.db, { patience: { admit: 20_000, settle: 20_000 } });
    const note = await rig.make();
    await rig.even();
    await database.server.kill();
    const waiting = rig.ask('PUT', `/notes/${note}/title`, { title: 'Waited' });
    await database.server.restart();
    expect((await waiting).status).toBe(200);
    let isDone = false;
    undo.push(
      onFailpoint('settle', async () => {
        if (isDone) return;
        isDone = true;
        await database.server.kill();
        // Back while the answer waits.
        void database.server.restart();
      }),
    );
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: 'kept' })).status).toBe(200);
    await rig.even();
    expect(rig.new.linesOf(note)).toHaveLength(2);
  });

  it('makes nothing twice on legacy where it goes away before the replay is written down', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    await rig.make();
    await rig.even();
    let isDone = false;
    undo.push(
      onFailpoint('times read', async () => {
        if (isDone) return;
        isDone = true;
        await database.server.kill();
        void database.server.restart();
      }),
    );
    const note = await rig.make();
    await rig.even();
    expect(isDone).toBe(true);
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Note 2', 'Note 1']);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'By its public id' });
    await rig.even();
    expect(rig.legacy.notes[0]?.title).toBe('By its public id');
  });

  it('says that the outcome is not known where it stays away, and settles it all the same once it is back', async () => {
    const rig = await startRig(database.db, { patience: { settle: 1500 } });
    const note = await rig.make();
    await rig.even();
    let isDone = false;
    undo.push(
      onFailpoint('settle', async () => {
        if (isDone) return;
        isDone = true;
        await database.server.kill();
      }),
    );
    const answer = await rig.ask('POST', `/notes/${note}/lines`, { text: 'unknown' });
    expect(answer).toMatchObject({ status: 503, json: { code: 'outcome_unknown', backend: 'legacy' } });
    await database.server.restart();
    await rig.even();
    expect(rig.legacy.linesOf(note)).toHaveLength(2);
    expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
  });

  it.each(['goes on', 'is killed too'] as const)(
    'knows what was answered where the commit was not heard of, PostgreSQL went down, legacy lost it, and the gateway %s',
    async (gateway) => {
      const rig = await startRig(database.db);
      const note = await rig.make();
      await rig.even();
      const { promise: away, resolve } = Promise.withResolvers<void>();
      undo.push(
        onFailpoint('committed', async () => {
          undo.pop()?.();
          await database.server.kill();
          rig.legacy.forget(note);
          resolve();
          throw Object.assign(new Error('the connection is gone'), { code: 'ECONNRESET' });
        }),
      );
      const asked = rig.ask('POST', `/notes/${note}/lines`, { text: 'said' }).catch(() => undefined);
      await away;
      await until(async () => (await rig.spilled()).length > 0, 20_000, 'a spilled settlement');
      if (gateway === 'is killed too') rig.kill();
      await database.server.restart();
      if (gateway === 'is killed too') await rig.restart();
      else expect(await asked).toMatchObject({ status: 200 });
      await asked;
      await rig.even();
      expect(rig.new.linesOf(note)).toEqual(['said', 'reply 1 to Answer: said']);
      expect(await rig.spilled()).toEqual([]);
      expect((await rig.continuity.size()).entries).toBe(2);
      // Its keys were given back once: they can move.
      rig.flip('new');
      await rig.ask('PUT', `/notes/${note}/title`, { title: 'Moved' });
      expect(rig.new.notes[0]?.title).toBe('Moved');
    },
  );

  it('takes in at its start what was spilled by a gateway that was killed while PostgreSQL was away', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    undo.push(
      onFailpoint('settle', async () => {
        await database.server.kill();
        resolve();
      }),
    );
    const asked = rig.ask('POST', `/notes/${note}/lines`, { text: 'spilled' }).catch(() => undefined);
    await promise;
    // Legacy forgets it meanwhile: only the spill knows what was answered.
    await until(async () => (await rig.spilled()).length > 0, 20_000, 'a spilled settlement');
    rig.legacy.forget(note);
    rig.kill();
    await database.server.restart();
    await rig.restart();
    await asked;
    await rig.even();
    expect(rig.new.linesOf(note)).toHaveLength(2);
  });
});
