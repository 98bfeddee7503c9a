/** `banyan journal`, `rollback --now` and `divergences` against a running gateway's console and its journal. */
import { existsSync, readFileSync } from 'node:fs';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import { afterEach, expect, it } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { completionNote } from '../../console/completion.ts';
import type { ShownAnswers } from '../../console/shown-answer.ts';
import { journalOf } from '../../continuity/journal/tables.ts';
import { onBothDatabases } from '../../continuity/testing/both.ts';
import { notesSource } from '../../continuity/testing/notes-source.ts';
import { type Rig, startRig } from '../../continuity/testing/rig.ts';
import { holdReplays, operated, refusing, stuck, TITLE } from '../testing/operated.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

const LINES = 'GET /notes/:note_id/lines';
const titles = (app: Rig['legacy']) => app.notes.map(({ title }) => title);

onBothDatabases((database) => {
  it('shows what the mirror waits for, until when, and what waits behind it', async () => {
    const rig = await startRig(database.db);
    const { promise, resolve } = Promise.withResolvers<void>();
    undo.push(resolve);
    const { banyan } = await operated(rig);
    const note = await rig.make();
    await rig.even();
    rig.legacy.reading = () => promise;
    const { json } = await rig.ask('POST', `/notes/${note}/scans`, { name: 'one' });
    const { scan_id: scan } = json as { scan_id: string };
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Later' });
    const waiting = async () => (await rig.continuity.size()).waiting;
    while ((await waiting())[0]?.on !== 'legacy') await rig.continuity.journal.lag.change(20);
    const [{ id = '', until } = {}] = await waiting();
    const clock = new Date(until ?? '').toLocaleTimeString('en-GB');
    const { out } = await banyan('journal');
    expect(out).toContain('Under way: 0; in doubt: 0; waiting: 1; stuck: 0; in conflict: 0\n');
    expect(out).toContain(
      [
        `waiting   ${id}  POST /notes/:note_id/scans`,
        `          note:${note}`,
        `          until legacy shows the end of scan:${scan}, at most until ${clock}`,
        '          1 write waits behind it',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await banyan('journal', '--json')).out)).toMatchObject({
      pinned: [],
      waiting: [{ id, side: 'new', on: 'legacy', work: `scan:${scan}`, until, behind: 1 }],
    });
    resolve();
    await rig.even();
    expect((await banyan('journal')).out).toContain('waiting: 0');
  });

  it('shows a conflict with both states, and lets a person decide, which is audited', async () => {
    const rig = await startRig(database.db, {
      audit: { every: 50, perMinute: 0, pace: 0 },
      sources: (legacy, fresh) => [notesSource(legacy, fresh)],
    });
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'acknowledged' });
    await rig.even();
    const { banyan, at } = await operated(rig);
    const ofLegacy = rig.legacy.stateOf(note);
    rig.legacy.install(note, ofLegacy && { ...ofLegacy, lines: ['from elsewhere'] });
    const [row] = rig.legacy.notes;
    if (row) row.count = 1;
    const conflicts = async () => (await rig.continuity.size()).conflicts;
    await until(async () => (await conflicts()).length > 0, 20_000, 'a conflict');
    const { out } = await banyan('journal');
    expect(out).toContain('stuck: 0; in conflict: 1');
    expect(out).toContain(`conflict  note:${note}\n          legacy serves it`);
    expect(out).toContain('legacy "from elsewhere", new "acknowledged"');
    expect((await banyan('complete', '--yes', '--reason', 'over')).err).toContain('1 conflict waits');
    const key = `note:${note}`;
    expect((await banyan('journal', 'adopt', key)).err).toContain('needs --reason');
    expect((await banyan('journal', 'adopt', 'note:none', '--reason', 'x')).err).toContain('no conflict');
    const [{ id = '' } = {}] = await conflicts();
    expect((await banyan('journal', 'skip', id, '--reason', 'x')).code).not.toBe(0);
    expect((await banyan('journal', 'keep', key, '--reason', 'ours')).out).toContain('Legacy lacks it');
    expect((await banyan('journal')).out).toContain(`kept      ${key}`);
    expect(rig.new.linesOf(note)).toContain('acknowledged');
    expect((await banyan('journal', 'adopt', key, '--reason', 'theirs')).code).toBe(0);
    await until(() => rig.new.linesOf(note)[0] === 'from elsewhere', 20_000, 'the adoption');
    expect(at.audit().slice(-2)).toMatchObject([
      { who: 'ada', decided: 'kept', why: expect.stringContaining('ours') },
      { who: 'ada', decided: 'adopted', why: expect.stringContaining('theirs') },
    ]);
  });

  it('shows what is stuck with its reason, tries it again, exports it, and skips it with a reason that is audited', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan, at } = await operated(rig);
    const legacy = refusing(rig, note);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Stuck' });
    const id = await stuck(rig);
    const where = `stuck     ${id}  ${TITLE}\n          only the new backend has it: note:${note}\n          `;
    expect((await banyan('journal')).out).toContain(`${where}legacy answered 404`);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Stuck' });
    const shown = await banyan('journal');
    expect(shown.out).toContain('To be given: 2 to legacy, 0 to the new backend, the oldest for ');
    expect(shown.out).toContain(`${where}1 write waits behind it\n`);
    expect(shown.out).toContain('legacy answered 404');
    expect(JSON.parse((await banyan('journal', '--json')).out)).toMatchObject({
      lag: { legacy: 2, new: 0 },
      doubt: 0,
      pinned: [{ id, route: TITLE, side: 'new', behind: 1 }],
    });
    const exported = JSON.parse((await banyan('journal', 'export', id)).out);
    expect(exported).toMatchObject({ id, side: 'new', request: { method: 'PUT' }, answer: { status: 200 } });
    expect(JSON.parse(Buffer.from(exported.request.body, 'base64').toString())).toEqual({ title: 'Stuck' });

    legacy.isBroken = false;
    expect((await banyan('journal', 'retry')).out).toContain(`Tried again: ${id}.`);
    await rig.even();
    expect(titles(rig.legacy)).toEqual(['Stuck']);
    expect((await banyan('journal', 'retry')).out).toBe('Nothing is stuck.\n');

    legacy.isBroken = true;
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Never' });
    const second = await stuck(rig);
    const skip = ['journal', 'skip', second];
    expect((await banyan(...skip)).err).toContain('skip needs --reason "why"');
    expect((await banyan(...skip, '--reason', 'done by hand')).code).toBe(0);
    await rig.even();
    expect((await rig.continuity.size()).pinned).toEqual([]);
    expect(at.audit().at(-1)).toMatchObject({
      who: 'ada',
      route: TITLE,
      from: 'new',
      to: 'new',
      skipped: second,
    });
    expect((await banyan('history')).out).toMatch(/write skipped +ada\n +done by hand \(entry /);
    const again = await banyan(...skip, '--reason', 'twice');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('that is still owed')]);
    expect((await banyan('journal', 'retry', 'nonsense')).err).toContain('has no entry nonsense');
  });

  it('shows what is in doubt with what legacy shows instead, and lets a person settle it with a reason that is audited', async () => {
    const rig = await startRig(database.db, { patience: { look: 10 } });
    const note = await rig.make();
    await rig.even();
    const { banyan, at } = await operated(rig);
    rig.flip('legacy');
    const { handle } = rig.legacy;
    rig.legacy.handle = async (asked) => {
      if (asked.method === 'GET') return { status: 401, json: { error: 'log in' } };
      await handle(asked);
      throw new Error('the answer is lost');
    };
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Renamed' })).status).toBe(502);
    const shown = async () => (await banyan('journal')).out.replace(/\s+/g, ' ');
    await expect
      .poll(shown, { timeout: 10_000 })
      .toContain(`note:${note} it does not show whether it has: GET /notes on legacy answered 401`);
    const [{ id = '' } = {}] = (await rig.continuity.size()).doubtful;
    // Legacy may still be at work on it, and an hour later it cannot.
    expect((await banyan('journal', 'settle', id, '--done', '--reason', 'early')).err).toContain(
      'decide about now',
    );
    const aged = { admitted_at: sql<Date>`admitted_at - interval '1 hour'` };
    await journalOf(database.db).updateTable('entries').set(aged).where('id', '=', id).execute();
    expect((await banyan('journal', 'retry')).out).toContain(`Tried again: ${id}.`);

    const settle = (...options: string[]) => banyan('journal', 'settle', id, ...options);
    expect((await settle('--reason', 'seen')).err).toContain('settle needs --done or --not-done');
    expect((await settle('--done')).err).toContain('settle needs --reason "why"');
    expect((await settle('--done', '--answer', '{', '--reason', 'seen')).err).toContain(
      '--answer is not JSON',
    );
    const settled = await settle('--done', '--reason', 'seen in its list');
    expect(settled.out).toBe(`${TITLE}, ${id}: counts as done.\n`);
    await rig.even();
    expect(titles(rig.new)).toEqual(['Renamed']);
    expect(at.audit().at(-1)).toMatchObject({ who: 'ada', route: TITLE, skipped: id, decided: 'done' });
    expect((await banyan('history')).out).toMatch(/write done +ada\n +seen in its list \(entry /);
    expect((await settle('--not-done', '--reason', 'twice')).err).toContain(
      'that a person can decide about now',
    );
  });

  it('rolls back now: legacy serves at once, what it lacks is listed chat by chat, and fed to it', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    const letGo = holdReplays();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Only on new' });
    const said = await rig.continuity.operator.lackedBy('legacy', [TITLE]);
    expect(said).toMatchObject([{ route: TITLE, keys: [`note:${note}`] }]);
    expect(await rig.continuity.operator.lackedBy('legacy', [])).toEqual([]);
    const began = performance.now();
    const { out } = await banyan('rollback', '--now');
    expect(out).toContain('Legacy serves at once, without 1 write:\n1 write is still to be given to legacy');
    expect(out).toMatch(new RegExp(`  note:${note}\n    PUT /notes/:note_id/title, since [^\n]* UTC\n`));
    const list = await rig.ask('GET', '/notes');
    // It does not wait for what legacy lacks.
    expect(performance.now() - began).toBeLessThan(2000);
    expect(list.json).toMatchObject([{ id: note, title: 'Note 1' }]);
    // Also after a restart, which finds it in the journal.
    rig.kill();
    letGo();
    await rig.restart();
    await rig.even();
    expect([titles(rig.legacy), titles(rig.new)]).toEqual([['Only on new'], ['Only on new']]);
  });

  it('does not send what is skipped while it is about to be sent', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    const letGo = holdReplays();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Only on new' });
    const [{ id } = expect.fail('there is no entry')] = await rig.entries(TITLE);
    expect((await banyan('journal', 'skip', id, '--reason', 'never')).code).toBe(0);
    letGo();
    await rig.continuity.mirror.idle();
    expect(titles(rig.legacy)).toEqual(['Note 1']);
    expect(await rig.entries(TITLE)).toMatchObject([{ mirror: 'skipped' }]);
  });

  it('does not write over what legacy was told since a rollback now: that takes a person', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    const letGo = holdReplays();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Only on new' });
    await banyan('rollback', '--now');
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'On legacy since' })).status).toBe(200);
    // The replay that was about to be sent is not.
    letGo();
    await stuck(rig);
    expect(titles(rig.legacy)).toEqual(['On legacy since']);
    expect((await banyan('journal')).out).toMatch(
      /stuck {5}[0-9a-f-]{36} {2}PUT[^\n]*\n[^\n]*only the new backend has it/,
    );
    const id = await stuck(rig);
    await banyan('journal', 'skip', id, '--reason', 'the newer title stays');
    await rig.even();
    expect([titles(rig.legacy), titles(rig.new)]).toEqual([['On legacy since'], ['On legacy since']]);
  });

  it('says what a retry does to what legacy was left behind of, and does it', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    const letGo = holdReplays();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Only on new' });
    await banyan('rollback', '--now');
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'On legacy since' });
    letGo();
    const id = await stuck(rig);
    expect((await banyan('journal')).out.replace(/\s+/g, ' ')).toContain(
      '`retry` gives it to legacy after that, and then the new backend takes over what legacy shows',
    );
    const { out } = await banyan('journal', 'retry', id);
    expect(out).toContain(`Tried again: ${id}.`);
    expect(out).toContain(`${id}: legacy gets it after what clients have written there since. The new`);
    await rig.even();
    expect([titles(rig.legacy), titles(rig.new)]).toEqual([['Only on new'], ['Only on new']]);
  });

  it('shows prompts of the two backends that differ side by side', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan } = await operated(rig);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'same' });
    await rig.even();
    expect((await rig.continuity.size()).divergent).toBe(0);
    // Legacy has another history than new.
    const legacyNote = rig.legacy.notes[0]?.id ?? '';
    rig.legacy.linesOf(legacyNote)[0] = 'another';
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' });
    await rig.even();
    expect(rig.paid).toHaveLength(2);
    const { out } = await banyan('divergences');
    expect(out).toMatch(/POST \/notes\/:note_id\/lines +1 +0 +1 +0/);
    expect(out).toContain('  model call 1 $.contents[0].parts[0].text (value');
    expect(out).toContain('    legacy: "another"\n    new:    "same"\n');
    const { writes } = JSON.parse((await banyan('divergences', '--json')).out) as {
      writes: { id: string }[];
    };
    expect(writes).toHaveLength(1);
    const [{ id = '' } = {}] = writes;
    const whole = JSON.parse((await banyan('divergences', id, '--json')).out) as ShownAnswers;
    expect([whole.legacy?.status, whole.new?.status]).toEqual([200, 200]);
    const [entry] = await rig.entries('POST /notes/:note_id/lines');
    const headersIn = (head: string | null | undefined) => JSON.parse(head ?? '{}').rawHeaders;
    expect([entry?.id, entry?.side]).toEqual([id, 'new']);
    expect(whole.new?.headers.flat()).toEqual(headersIn(entry?.answer));
    expect(whole.legacy?.headers.flat()).toEqual(headersIn(entry?.mirror_answer));
    expect(whole.legacy?.headers).not.toEqual(whole.new?.headers);
    expect((await banyan('divergences', id)).out).toMatch(/^legacy\n[! ] 200 .*\n[\s\S]*\nnew\n[! ] 200 /);
    const gone = await banyan('divergences', 'read-9');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('no entry read-9')]);
  });

  it('shows both answers of a read, with what differs marked', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'said' });
    await rig.even();
    const { banyan, store } = await operated(rig);
    await store.change({ target: LINES, mode: 'shadow', who: 'ada', why: 'test' });
    rig.flip('shadow', LINES);
    rig.new.linesOf(note)[0] = 'something else';
    await rig.ask('GET', `/notes/${note}/lines`);
    await rig.shadowed();
    rig.shadow.tally.notCompared(LINES, 'busy', 3);
    const shown = (await banyan('divergences')).out;
    expect(shown).toContain(`${LINES}  read-1`);
    expect(shown.replaceAll(/\s+/g, ' ')).toContain(
      `${LINES}: 3 not compared, because as many reads as may be compared at once were being compared`,
    );
    const { out } = await banyan('divergences', 'read-1');
    const marked = out.split('\n').filter((line) => line.startsWith('! '));
    expect(marked.filter((line) => line.includes('said'))).toHaveLength(1);
    expect(marked.filter((line) => line.includes('something else'))).toHaveLength(1);
  });

  it('takes legacy away once nothing stands in the way, says what does, and gives legacy nothing any more', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { banyan, at, store, uploads } = await operated(rig);
    const all = routeKeys(rig.table);
    const letGo = holdReplays();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Owed' });
    uploads.waiting = 1;
    const early = await banyan('complete');
    expect(early.code).toBe(1);
    for (const obstacle of [
      'anything else is legacy: flip it to new first.',
      '1 write has still to be given to a backend: wait.',
      '1 upload is still being processed: wait.',
    ])
      expect(early.out).toContain(`  - ${obstacle}\n`);
    const refused = await banyan('complete', '--yes', '--reason', 'early');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('cannot be taken away yet')]);
    expect(store.current.routes.get(TITLE)?.mode).toBe('new');
    letGo();
    uploads.waiting = 0;
    await rig.even();
    await banyan('flip', 'anything else', 'new');
    const { code, out } = await banyan('complete');
    expect([code, out]).toEqual([0, expect.stringContaining(`${all.length} routes would be completed`)]);
    for (const heading of ['What goes:', 'What nobody deletes but you', 'What stays:'])
      expect(out).toContain(heading);
    expect(existsSync(completionNote(at.data))).toBe(false);

    const unsaid = await banyan('complete', '--yes');
    expect([unsaid.code, unsaid.err]).toEqual([1, expect.stringContaining('there is no way back')]);
    expect(store.current.routes.get(TITLE)?.mode).toBe('new');
    const done = await banyan('complete', '--yes', '--reason', 'a month without it');
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('Legacy is not needed any more.')]);
    expect([...store.current.routes.values()].map(({ mode }) => mode)).toEqual(all.map(() => 'complete'));
    expect(at.audit().at(-1)).toMatchObject({ who: 'ada', why: 'a month without it', to: 'complete' });
    expect(JSON.parse(readFileSync(completionNote(at.data), 'utf8'))).toMatchObject({ who: 'ada' });
    const asked = rig.legacy.requests.length;
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'On new alone' });
    await rig.even();
    expect(rig.legacy.requests).toHaveLength(asked);
    expect((await banyan('complete', '--yes', '--reason', 'again')).out).toContain(
      'Every route is completed already',
    );
  });
});
