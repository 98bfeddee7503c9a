/** One look at the lists after another, beside what the mirror sends. */
import { expect, it, onTestFinished } from 'vitest';
import { onPGlite } from '../testing/both.ts';
import { startRig } from '../testing/rig.ts';
import { ListAudit } from './list-audit.ts';

onPGlite((database) => {
  it('leaves a key alone until legacy has what the mirror owes it, and confirms a finding by a second look', async () => {
    const rig = await startRig(database.db);
    const id = await rig.make();
    await rig.even();
    const { journal, comparing } = rig.continuity;
    const audit = new ListAudit('note', { ...comparing, journal });
    onTestFinished(() => audit.close());
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    rig.flip('new');
    rig.legacy.before = async ({ method }) => void (method === 'PUT' && (await held));
    await rig.ask('PUT', `/notes/${id}/title`, { title: 'Not on legacy yet' });
    for (let looks = 0; looks < 3; looks++) expect(await audit.look()).toEqual([]);
    expect(audit.wasEqual(`note:${id}`)).toBe(false);
    release();
    await rig.even();
    expect(await audit.look()).toEqual([]);
    expect(audit.wasEqual(`note:${id}`)).toBe(true);
    const [note] = rig.legacy.notes;
    if (note) note.title = 'Directly on legacy';
    expect(await audit.look()).toEqual([]);
    expect(audit.isWaiting).toBe(true);
    expect(await audit.look()).toMatchObject([{ finding: 'different', id, wasEqual: true }]);
  });

  it('asks the new backend for its lists only where those of legacy have changed', async () => {
    const rig = await startRig(database.db);
    await rig.make();
    await rig.even();
    const { journal, comparing } = rig.continuity;
    const audit = new ListAudit('note', { ...comparing, journal });
    onTestFinished(() => audit.close());
    const listed = () => rig.new.requests.filter(({ target }) => target === '/notes').length;
    await audit.look();
    const before = listed();
    await audit.look();
    await audit.look();
    expect(listed()).toBe(before);
    await rig.make();
    await rig.even();
    await audit.look();
    expect(listed()).toBe(before + 2);
  });

  it('takes a row for foreign only if it is unregistered once every create has finished that was under way', async () => {
    const rig = await startRig(database.db);
    const { journal, comparing } = rig.continuity;
    const audit = new ListAudit('note', { ...comparing, journal });
    onTestFinished(() => audit.close());
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    rig.legacy.after = async ({ method }) => void (method === 'POST' && (await held));
    const made = rig.make();
    await expect.poll(() => rig.legacy.notes.length).toBe(1);
    expect(await audit.look()).toEqual([]);
    const foreign = '00000000-0000-4000-8000-00000000f0f0';
    const note = { id: foreign, title: 'foreign', created_at: '2020', updated_at: '2020', count: 0 };
    rig.legacy.install(foreign, { note, lines: [] });
    expect(await audit.look()).toEqual([]);
    release();
    await made;
    await rig.even();
    expect(await audit.look()).toMatchObject([{ finding: 'foreign', id: foreign }]);
  });
});
