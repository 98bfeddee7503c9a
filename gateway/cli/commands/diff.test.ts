/** `banyan diff` before a running gateway, and `banyan complete`, which wants a clean one. */
import { expect, it, onTestFinished } from 'vitest';
import { completionRoutes } from '../../console/completion.ts';
import { diffRoutes } from '../../console/diff-routes.ts';
import { onPGlite } from '../../continuity/testing/both.ts';
import { type Rig, startRig } from '../../continuity/testing/rig.ts';
import { openConsole } from '../../test/support/console.ts';
import { flagFolder } from '../../test/support/flag-folder.ts';
import { commandLine, TITLE } from '../testing/operated.ts';

/** A console over the rig's diffs, and the command line before it. */
async function operated(rig: Rig) {
  const routes = rig.table.routes.map(({ key }) => `  ${key}: new\n`).join('');
  const at = flagFolder(`routes:\n${routes}  anything else: new\n`);
  const { diffs } = rig.continuity;
  const uncompared = (route: string) => diffs.against(route);
  const store = await at.open({ table: rig.table, uncompared });
  const options = {
    table: rig.table,
    store,
    dataFolder: at.data,
    journal: rig.continuity.size,
    work: undefined,
  };
  const console = await openConsole(at, store, {
    table: rig.table,
    extensions: [diffRoutes(diffs), completionRoutes({ ...options, uncompared })],
  });
  onTestFinished(async () => {
    await console.close();
    await store.close();
  });
  const banyan = commandLine(at);
  return { banyan, at, store };
}

onPGlite((database) => {
  it('shows what differs in lines of 80 columns, and exits with 3; with 0 once nothing does', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    expect((await banyan('diff', '--last')).err).toContain('There is no diff to show.');
    const ours = rig.new.notes[0];
    if (ours) ours.title = `Other ${'title '.repeat(40)}`;
    const { code, out } = await banyan('diff', '--rate', '1000');
    expect(code).toBe(3);
    const lines = out.split('\n');
    expect(lines[0]).toBe('2 compared in 1 s: 1 equal, 1 different, 0 not decided.');
    expect(lines).toContain(`note:${note}`);
    expect(lines).toContain('  GET /notes: body $[0].title (value)');
    expect(lines).toContain('  - "Note 1"');
    expect(lines.find((line) => line.startsWith('  + '))).toContain('"Other title');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const last = await banyan('diff', '--last', '--json');
    expect([last.code, JSON.parse(last.out)]).toMatchObject([3, { outcome: 'different' }]);
    if (ours) ours.title = 'Note 1';
    const clean = await banyan('diff');
    expect([clean.code, clean.out]).toEqual([0, expect.stringContaining('Both backends show the same.')]);
  });

  it('compares one entity, with both answers, and says so if nothing is called that', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'hello' });
    await rig.even();
    const { banyan } = await operated(rig);
    expect(await banyan('diff', `note:${note}`)).toMatchObject({
      code: 0,
      out: `Both backends show the same of note:${note}.\n`,
    });
    rig.new.linesOf(note)[0] = 'goodbye';
    const { code, out } = await banyan('diff', `note:${note}`);
    expect([code, out]).toEqual([3, expect.stringContaining('  + "goodbye"')]);
    for (const line of [/^! .*"hello"$/m, /^! .*"goodbye"$/m]) expect(out).toMatch(line);
    const unknown = await banyan('diff', 'nothing:1');
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('names nothing')]);
  });

  it('exits with 1 where the diff failed, and ends a running one', async () => {
    const rig = await startRig(database.db);
    for (let i = 0; i < 3; i += 1) await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    rig.continuity.diffs.start(0.1);
    expect((await banyan('diff', '--rate', '5')).err).toContain('is running already');
    expect((await banyan('diff', '--cancel')).out).toContain('The diff ends.');
    await rig.continuity.diffs.ended();
    expect((await banyan('diff', '--last')).code).toBe(1);
    await rig.stopLegacy();
    const { code, out } = await banyan('diff');
    expect([code, out]).toEqual([1, expect.stringContaining('The diff failed')]);
  });

  it('completes nothing without a clean diff, unless a person forces it', async () => {
    const rig = await startRig(database.db);
    await rig.make();
    await rig.even();
    const { banyan, store, at } = await operated(rig);
    const early = await banyan('complete');
    expect([early.code, early.out.replaceAll(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringContaining('Run `banyan diff`.'),
    ]);
    const said = ['--yes', '--reason', 'compared'];
    expect((await banyan('complete', ...said)).code).toBe(1);
    const refused = await banyan('flip', TITLE, 'complete', ...said);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('npx banyan diff')]);
    expect(store.current.routes.get(TITLE)?.mode).toBe('new');
    expect((await banyan('diff')).code).toBe(0);
    expect((await banyan('complete')).code).toBe(0);
    expect((await banyan('flip', TITLE, 'complete', ...said)).code).toBe(0);
    expect(at.audit().at(-1)).toMatchObject({ to: 'complete', who: 'ada' });
    expect(at.audit().at(-1)).not.toHaveProperty('lacking');
  });

  it('writes into the audit log that a route was completed without a clean diff', async () => {
    const rig = await startRig(database.db);
    const { banyan, at } = await operated(rig);
    expect((await banyan('flip', TITLE, 'complete', '--yes', '--force', '--reason', 'known')).code).toBe(0);
    expect(at.audit().at(-1)).toMatchObject({
      lacking: expect.stringContaining('No diff of the two backends'),
    });
  });
});
