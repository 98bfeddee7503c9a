/** What `rollback` says of what it leaves behind, and `--dry-run` before it, against a running gateway's console and its journal. */
import { expect, it, onTestFinished } from 'vitest';
import { onBothDatabases } from '../../continuity/testing/both.ts';
import { startRig } from '../../continuity/testing/rig.ts';
import type { Preview } from '../../preview/preview.ts';
import { holdReplays, operated, refusing, stuck, TITLE } from '../testing/operated.ts';

const since = 'since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC';
const oneLine = (text: string) => text.replace(/\s+/g, ' ');

onBothDatabases((database) => {
  it('says that legacy has everything where that is so, and exits with 0', async () => {
    const rig = await startRig(database.db);
    await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    const { code, out } = await banyan('rollback', '--now');
    expect([code, out]).toEqual([0, expect.stringContaining('\nLegacy has everything.\n')]);
    expect((await banyan('rollback', '--now')).out).toContain('Legacy has everything.');
  });

  it('lists what is stuck and what waits behind it: route, key, since when, why', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    refusing(rig, note);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Stuck' });
    const id = await stuck(rig);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Behind it' });
    const before = oneLine((await banyan('rollback', '--dry-run')).out);
    expect(before).toMatch(
      new RegExp(
        `Stuck caution 1 write cannot be given to legacy.* note:${note} ${TITLE}, ${since} \\(entry ${id}\\): legacy answered 404`,
      ),
    );
    expect(before).toContain(`1 key stays on the new backend until then: note:${note} `);
    const { code, out } = await banyan('rollback', '--now');
    expect([code, out]).toEqual([3, expect.not.stringContaining('has everything')]);
    expect(oneLine(out)).toMatch(
      new RegExp(
        `Legacy serves at once, without 2 writes: 1 write is stuck; a person has to decide \\(\`banyan journal\`\\): note:${note} ${TITLE}, ${since} \\(entry ${id}\\): legacy answered 404.* 1 write waits behind it: note:${note} ${TITLE}, ${since}: it waits`,
      ),
    );
  });

  it('lists what is not at its end on the new backend, and what a person has skipped', async () => {
    const rig = await startRig(database.db);
    const [note, other] = [await rig.make(), await rig.make()];
    await rig.even();
    const { banyan } = await operated(rig);
    const letGo = holdReplays();
    await rig.ask('PUT', `/notes/${other}/title`, { title: 'Skipped' });
    const [{ id } = expect.fail('there is no entry')] = await rig.entries(TITLE);
    await banyan('journal', 'skip', id, '--reason', 'never');
    letGo();
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const { handle } = rig.new;
    rig.new.handle = async (asked) => {
      if (asked.method === 'PUT') await promise;
      return handle(asked);
    };
    const open = rig.ask('PUT', `/notes/${note}/title`, { title: 'Under way' });
    await expect.poll(async () => (await rig.continuity.size()).underWay).toBe(1);
    expect(oneLine((await banyan('rollback', '--now', '--dry-run')).out)).toContain(
      '1 write has not come to an end on the new backend; these keys follow after that:',
    );
    const { code, out } = await banyan('rollback', '--now');
    expect([code, out]).toEqual([3, expect.not.stringContaining('has everything')]);
    expect(out).toContain(`1 write has not come to an end on the new backend:\n  note:${note}\n`);
    expect(out).toContain(`1 write was skipped by a person, so legacy never gets it:\n  note:${other}\n`);
    resolve();
    await open;
  });

  it('names each route that it leaves behind with the reason, and exits with 3', async () => {
    const rig = await startRig(database.db);
    const { banyan, store } = await operated(rig);
    const refused = await banyan('flip', TITLE, 'complete', '--reason', 'done with it');
    expect([refused.code, oneLine(refused.err)]).toEqual([
      1,
      expect.stringContaining(`legacy is given nothing of ${TITLE} any more then, and there is no way back`),
    ]);
    expect((await banyan('flip', TITLE, 'complete', '--yes')).code).toBe(1);
    const dry = await banyan('flip', TITLE, 'complete', '--dry-run');
    expect([dry.code, oneLine(dry.out)]).toEqual([
      1,
      expect.stringContaining('it can never serve them again'),
    ]);
    expect(store.current.routes.get(TITLE)?.mode).toBe('new');
    expect((await banyan('flip', TITLE, 'complete', '--yes', '--reason', 'done with it')).code).toBe(0);
    const before = await banyan('rollback', '--dry-run');
    const { code, out } = await banyan('rollback', '--now');
    expect([before.code, code]).toEqual([3, 3]);
    for (const said of [before.out, out]) {
      expect(oneLine(said)).toContain(
        `${TITLE} (complete) Completed: legacy has not been given its writes since.`,
      );
      expect(said).toContain('GET /notes (new)\n');
      expect(oneLine(said)).toContain(
        `Data in common with ${TITLE}, which is completed: legacy lacks what was written since.`,
      );
    }
    expect(out).not.toContain('has everything');
    const single = await banyan('rollback', TITLE);
    expect([single.code, single.out]).toEqual([
      3,
      expect.stringMatching(/^No route can go back; nothing has changed/),
    ]);
    expect((await banyan('flip', TITLE, 'legacy')).code).toBe(3);
  });

  it('a dry run is what the console shows, and changes nothing', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan, store, ask } = await operated(rig);
    await banyan('rollback');
    holdReplays();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Owed' });
    const { epoch } = store.current;
    for (const [args, query] of [
      [['flip', TITLE, 'new'], `target=${encodeURIComponent(TITLE)}&mode=new`],
      [['rollback', TITLE], `target=${encodeURIComponent(TITLE)}`],
    ] as const) {
      const { out } = await banyan(...args, '--dry-run', '--json');
      expect(JSON.parse(out)).toEqual(await ask(`/preview?${query}`));
    }
    const forth = JSON.parse((await banyan('flip', TITLE, 'new', '--dry-run', '--json')).out) as Preview;
    expect(forth.changes).toEqual([{ route: TITLE, from: 'legacy', to: 'new' }]);
    expect(forth.findings.map(({ about, weight }) => [about, weight])).toEqual([
      ['Evidence', 'well'],
      ['Lag', 'caution'],
      ['Stuck', 'well'],
      ['Not compared', 'note'],
    ]);
    expect(store.current.epoch).toBe(epoch);
  });

  it('is in force where PostgreSQL is away, and says that nobody knows what legacy lacks', async () => {
    const rig = await startRig(database.db);
    await rig.make();
    await rig.even();
    const { banyan, store, journal } = await operated(rig);
    journal.isAway = true;
    expect(oneLine((await banyan('rollback', '--dry-run')).out)).toContain('PostgreSQL does not answer');
    const { code, out } = await banyan('rollback', '--now');
    expect([code, oneLine(out)]).toEqual([
      3,
      expect.stringContaining('Nobody can say what legacy lacks. PostgreSQL does not answer.'),
    ]);
    expect(store.current.routes.get(TITLE)?.mode).toBe('legacy');
    journal.isAway = false;
    expect((await banyan('rollback', '--now')).out).toContain('Legacy has everything.');
  });
});
