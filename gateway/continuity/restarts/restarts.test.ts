/** Restarts of legacy, which forgets its scans, under clients. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { onPGlite } from '../testing/both.ts';
import { forgetful, SCAN, SCANS } from '../testing/forgetful-notes.ts';
import { notesSource } from '../testing/notes-source.ts';
import { type Rig, type RigOptions, startRig } from '../testing/rig.ts';

/** Long enough that only a hint makes the gateway look. */
const never = 60_000;

onPGlite((database) => {
  const start = (options: RigOptions = {}) =>
    startRig(database.db, {
      table: forgetful(),
      ...options,
      patience: { restarts: 20, ...options.patience },
    });

  async function withScan(options: RigOptions = {}) {
    const rig = await start(options);
    const note = await rig.make();
    const { json } = await rig.ask('POST', `/notes/${note}/scans`, { name: 'a' });
    const job = (json as { scan_id: string }).scan_id;
    await rig.even();
    return { rig, note, job };
  }

  const done = async (rig: Rig, note: string) => {
    const { json } = await rig.ask('GET', `/notes/${note}/scans`);
    return (json as { done: { name: string }[] }).done.map(({ name }) => name);
  };
  const recognised = (rig: Rig, number = 2) =>
    expect.poll(() => rig.continuity.restarts.current.number, { timeout: 10_000, interval: 10 }).toBe(number);
  /** A read was seen to show what a restart makes legacy forget, with nothing under way that could explain its loss. */
  const witnessed = (rig: Rig) =>
    expect
      .poll(() => rig.continuity.restarts.current.witnesses, { timeout: 10_000, interval: 10 })
      .toContainEqual(expect.objectContaining({ head: expect.any(String) }));
  /** Legacy is started again, and a read lets the gateway see it. */
  async function restarted(rig: Rig): Promise<void> {
    await witnessed(rig);
    await rig.restartLegacy();
    await rig.ask('GET', '/notes');
    await recognised(rig);
  }
  /** The new backend reads no document until the returned function is called. */
  function heldReading(rig: Rig): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    rig.new.reading = () => promise;
    return resolve;
  }

  it('serves from the new backend what a restart has made legacy forget, with the flags on legacy', async () => {
    const { rig, note, job } = await withScan();
    await restarted(rig);
    expect(await done(rig, note)).toEqual(['a']);
    expect((await rig.ask('GET', `/scans/${job}`)).json).toMatchObject({ scan_id: job, state: 'done' });
    const lists = rig.new.requests.filter(({ target }) => target === '/notes').length;
    await rig.ask('GET', '/notes');
    expect(rig.new.requests.filter(({ target }) => target === '/notes')).toHaveLength(lists);
  });

  it('recognises a restart that came while no gateway ran', async () => {
    const { rig, note } = await withScan();
    await witnessed(rig);
    rig.kill();
    await rig.restartLegacy();
    await rig.restart();
    expect(rig.continuity.restarts.current.number).toBe(2);
    expect(await done(rig, note)).toEqual(['a']);
    // What it has found out outlasts the next gateway too.
    rig.kill();
    await rig.restart();
    expect(rig.continuity.restarts.current.number).toBe(2);
    expect(await done(rig, note)).toEqual(['a']);
  });

  it('looks at once when connections to legacy fail', async () => {
    const { rig, note } = await withScan({ patience: { restarts: never } });
    await rig.continuity.restarts.look();
    await rig.stopLegacy();
    expect((await rig.ask('GET', '/notes')).status).toBe(502);
    rig.legacy.restart();
    await rig.startLegacy();
    // The first answer after the outage waits for the look.
    expect(await done(rig, note)).toEqual(['a']);
    expect(rig.continuity.restarts.current.number).toBe(2);
  });

  it('never shows a job as unknown that the new backend knows, even before a restart is recognised', async () => {
    const { rig, job } = await withScan({ patience: { restarts: never } });
    await rig.restartLegacy();
    expect(await rig.ask('GET', `/scans/${job}`)).toMatchObject({ status: 200, json: { state: 'done' } });
  });

  it('chooses again if legacy was started again while a read was on its way', async () => {
    const { rig, note } = await withScan({ patience: { restarts: never } });
    await rig.continuity.restarts.look();
    await rig.restartLegacy();
    const { promise: held, resolve: go } = Promise.withResolvers<void>();
    onTestFinished(() => go());
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    rig.legacy.before = async ({ target }) => {
      if (target.endsWith('/scans')) {
        isAsked();
        await held;
      }
    };
    const read = done(rig, note);
    await asked;
    rig.legacy.before = () => {};
    await rig.continuity.restarts.look();
    expect(rig.continuity.restarts.current.number).toBe(2);
    void go();
    expect(await read).toEqual(['a']);
  });

  it('lets legacy answer as it can if a write of the kind is not proven on the new backend', async () => {
    const { rig, note } = await withScan({ isProven: (route) => route !== 'PUT /notes/:note_id/title' });
    await restarted(rig);
    await rig.continuity.aftercare.idle();
    const asked = rig.new.requests.length;
    expect(await done(rig, note)).toEqual([]);
    expect(rig.new.requests).toHaveLength(asked);
  });

  it('shows what was before the restart together with what legacy has taken in since', async () => {
    const { rig, note } = await withScan();
    await restarted(rig);
    const go = heldReading(rig);
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'b' });
    expect(new Set(await done(rig, note))).toEqual(new Set(['a', 'b']));
    go();
    await rig.even();
    expect(await done(rig, note)).toEqual(['a', 'b']);
  });

  it('sends a message that rests on what legacy has forgotten to the new backend', async () => {
    const { rig, note } = await withScan();
    await restarted(rig);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'What does it say?' });
    expect(rig.paid.at(-1)).toMatch(/^With 1 scans/);
    await rig.even();
    expect(rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '')).toHaveLength(2);
  });

  it.each(['before it answered', 'while it was reading it'])(
    'sends a document once more to a legacy that was started again %s',
    async (when) => {
      const rig = await start({ longest: 1500 });
      const note = await rig.make();
      await rig.even();
      rig.flip('new');
      const { promise: never } = Promise.withResolvers<void>();
      const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
      rig.legacy.reading = () => {
        begins();
        return never;
      };
      await rig.ask('POST', `/notes/${note}/scans`, { name: 'a' });
      await begun;
      if (when === 'while it was reading it')
        await expect
          .poll(() => rig.continuity.mirror.waits.all(), { timeout: 10_000, interval: 10 })
          .toMatchObject([{ on: 'legacy', isTaken: true }]);
      rig.legacy.reading = async () => {};
      await rig.restartLegacy();
      await rig.even();
      const sent = rig.legacy.requests.filter(({ target }) => target.includes('/scans'));
      expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(2);
      // It was not lost first and given back later.
      expect(sent.filter(({ method }) => method === 'DELETE')).toEqual([]);
      expect(rig.legacy.notes[0]?.scans).toHaveLength(1);
      rig.flip('legacy');
      expect(await done(rig, note)).toEqual(['a']);
    },
  );

  it('lets the new backend serve a document that legacy lost while it was reading it', async () => {
    const rig = await start();
    const note = await rig.make();
    const { promise: never } = Promise.withResolvers<void>();
    rig.legacy.reading = () => never;
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'a' });
    await rig.restartLegacy();
    await rig.even();
    expect(await done(rig, note)).toEqual(['a']);
    const { json } = await rig.ask('GET', '/notes');
    expect(json).toMatchObject([{ id: note, scans: [{ name: 'a' }] }]);
    expect(rig.continuity.journal.knowledge.legacy.lackOf(`note:${note}`)?.what).toBe('data');
  });

  it('takes what legacy was given directly while no gateway ran for an outside write, although legacy was started too', async () => {
    const { rig, note } = await withScan({
      audit: { every: 60_000, perMinute: 0, pace: 0 },
      sources: (legacy, fresh) => [notesSource(legacy, fresh)],
    });
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'mine' });
    const other = await rig.make();
    await rig.even();
    await witnessed(rig);
    rig.kill();
    const written = rig.legacy.notes.find(({ count }) => count > 0);
    const unwritten = rig.legacy.notes.find(({ count }) => count === 0);
    if (unwritten) unwritten.title = 'Renamed there';
    const before = rig.legacy.stateOf(written?.id ?? '');
    if (!before?.note) throw new Error('legacy has no note');
    const lines = [...before.lines, 'more', 'still more'];
    rig.legacy.install(before.note.id, { ...before, note: { ...before.note, count: 4 }, lines });
    await rig.restartLegacy();
    await rig.restart();
    await rig.continuity.audit.lookedWithin(20_000);
    rig.flip('new');
    const shown = (await rig.ask('GET', `/notes/${note}/lines`)).json as { lines: { text: string }[] };
    expect(shown.lines.map(({ text }) => text)).toEqual(lines);
    const listed = (await rig.ask('GET', '/notes')).json as { id: string; title: string }[];
    expect(listed.find(({ id }) => id === other)?.title).toBe('Renamed there');
    await until(() => rig.continuity.incarnations().lacking.count === 0, 20_000, 'legacy to lack nothing');
  });

  it('does not take a larger count on legacy for something that legacy lacks', async () => {
    const { rig } = await withScan();
    await witnessed(rig);
    rig.kill();
    const [note] = rig.legacy.notes;
    if (note) note.count += 2;
    await rig.restartLegacy();
    await rig.restart();
    await recognised(rig);
    await rig.continuity.restarts.settled();
    const { legacy } = rig.continuity.journal.knowledge;
    expect(legacy.lacking().filter(([, { reason }]) => reason.includes('count'))).toEqual([]);
  });

  it('compares after a restart, and lets legacy serve again what it has', async () => {
    const { rig, note } = await withScan();
    const other = await rig.make();
    await rig.even();
    await witnessed(rig);
    // Of this document there is no original any more.
    await database.db.deleteFrom('entries').where('route', '=', 'POST /notes/:note_id/scans').execute();
    await rig.restartLegacy();
    await rig.ask('GET', '/notes');
    await recognised(rig);
    await rig.continuity.aftercare.idle();
    const { legacy } = rig.continuity.journal.knowledge;
    expect(legacy.hasAll(`note:${other}`)).toBe(true);
    expect(rig.continuity.restarts.current).toMatchObject({ isCompared: true, blocked: undefined });
    const asked = rig.new.requests.length;
    expect(await done(rig, other)).toEqual([]);
    expect(rig.new.requests).toHaveLength(asked);
    rig.kill();
    await rig.restart();
    expect(rig.continuity.journal.knowledge.legacy.lackOf(`note:${note}`)).toMatchObject({
      what: 'forgotten',
    });
    expect(rig.continuity.journal.knowledge.legacy.hasAll(`note:${other}`)).toBe(true);
  });

  it('finds what was lost of an entity that was written to shortly before, and shows it all the same', async () => {
    const { rig } = await withScan();
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'hello' });
    await rig.even();
    await witnessed(rig);
    rig.legacy.forget(note);
    await rig.restartLegacy();
    await rig.ask('GET', '/notes');
    await recognised(rig);
    await rig.continuity.aftercare.idle();
    const { json } = await rig.ask('GET', `/notes/${note}/lines`);
    expect((json as { lines: unknown[] }).lines).toHaveLength(2);
    expect(rig.continuity.journal.knowledge.legacy.lackOf(`note:${note}`)).toMatchObject({ what: 'data' });
  });

  it('stops what goes to legacy if it comes back without much of its data', async () => {
    const { rig, note } = await withScan();
    await rig.make();
    await rig.even();
    await witnessed(rig);
    rig.legacy.notes = [];
    await rig.restartLegacy();
    await rig.ask('GET', '/notes');
    await recognised(rig);
    await rig.continuity.aftercare.idle();
    expect(rig.continuity.restarts.current.blocked).toContain('legacy lists no note');
    expect((await rig.ask('GET', '/notes')).json).toHaveLength(2);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Kept' });
    expect((await rig.ask('GET', '/notes')).json).toMatchObject([{ title: 'Kept' }, {}]);
    const made = await rig.make();
    rig.kill();
    await rig.restart();
    expect((await rig.ask('GET', '/notes')).json).toMatchObject([{ id: made }, { title: 'Kept' }, {}]);
    expect(rig.legacy.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(rig.legacy.notes).toEqual([]);
    // A person has decided: legacy is given what it lacks, as far as there is something to give.
    await rig.continuity.giveBackToLegacy('its disk is back');
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(1);
  });

  it('gives legacy back the documents that it has forgotten, though it still lists them', async () => {
    const { rig, note, job } = await withScan();
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'b' });
    await rig.even();
    const before = (await rig.ask('GET', '/notes')).json;
    await restarted(rig);
    await rig.continuity.aftercare.idle();
    expect(rig.legacy.notes[0]?.scans?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(rig.continuity.incarnations()).toMatchObject({ incarnation: 2, lacking: { count: 0 } });
    const asked = rig.new.requests.length;
    expect(await done(rig, note)).toEqual(['a', 'b']);
    expect(rig.new.requests).toHaveLength(asked);
    expect((await rig.ask('GET', `/scans/${job}`)).json).toMatchObject({ scan_id: job, state: 'done' });
    // What clients have seen stays as it was.
    expect((await rig.ask('GET', '/notes')).json).toEqual(before);
  });

  it('gives legacy back one document after the other, also those that a sync has brought without their jobs', async () => {
    const { rig, note } = await withScan();
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'b' });
    await rig.even();
    const brought = structuredClone(rig.new.stateOf(note));
    rig.new.restart();
    rig.new.install(note, brought);
    await witnessed(rig);
    rig.legacy.losesScans = true;
    rig.legacy.reading = (name) => pause(name === 'a' ? 100 : 0);
    await rig.restartLegacy();
    await rig.ask('GET', '/notes');
    await recognised(rig);
    await rig.continuity.aftercare.idle();
    await expect.poll(() => rig.legacy.notes[0]?.scans?.length, { timeout: 10_000 }).toBe(2);
    expect(rig.legacy.notes[0]?.scans?.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('gives legacy documents back in their order, also if it has taken in a later one since', async () => {
    const { rig, note } = await withScan();
    await restarted(rig);
    const go = heldReading(rig);
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'c' });
    go();
    await rig.even();
    const { legacy } = rig.continuity.journal.knowledge;
    await expect.poll(() => legacy.hasAll(`note:${note}`), { timeout: 20_000, interval: 10 }).toBe(true);
    const listed = [rig.legacy, rig.new].map(({ notes }) => notes[0]?.scans?.map(({ name }) => name));
    const order = ['a', 'c'];
    expect(listed).toEqual([order, order]);
  });

  it('takes a document for given that legacy had read and listed before it was started again', async () => {
    const { rig, note } = await withScan({ longest: 300, mirror: { presumedAfter: 50 } });
    rig.flip('new');
    const { promise: read, resolve: go } = Promise.withResolvers<void>();
    onTestFinished(() => go());
    // The new backend takes long for one document, and lists later ones first.
    rig.new.reading = (name) => (name === 'b' ? read : Promise.resolve());
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'b' });
    const listed = () => rig.legacy.notes[0]?.scans?.map(({ name }) => name);
    await expect.poll(listed, { timeout: 10_000, interval: 10 }).toEqual(['a', 'b']);
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'c' });
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'd' });
    rig.kill();
    await rig.restartLegacy();
    await rig.restart();
    const again = () => rig.legacy.requests.filter(({ body }) => body.includes('"b"'));
    await expect.poll(() => again().length, { timeout: 10_000, interval: 10 }).toBe(2);
    go();
    await rig.even();
    expect(listed()).toEqual(['a', 'b', 'c', 'd']);
    expect((await rig.continuity.size()).divergent).toBe(0);
  });

  it('knows at once that a legacy which was started again is not at work on what it was sent before', async () => {
    const { rig, note, job } = await withScan({ longest: 300_000 });
    // The document itself is no witness while a write to its note is in doubt.
    await rig.ask('GET', `/scans/${job}`);
    const witnesses = () => rig.continuity.restarts.current.witnesses.map(({ route }) => route);
    await expect.poll(witnesses, { timeout: 10_000, interval: 10 }).toContain(SCAN);
    const { promise: never } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
    rig.legacy.before = async ({ method }) => {
      if (method !== 'POST') return;
      begins();
      await never;
    };
    const said = rig.ask('POST', `/notes/${note}/lines`, { text: 'Lost' });
    await begun;
    await rig.stopLegacy();
    expect((await said).status).toBe(502);
    const at = performance.now();
    rig.legacy.before = () => {};
    rig.legacy.restart();
    await until(
      async () => (await rig.ask('GET', '/notes')) && performance.now() - at > 600,
      10_000,
      'the connections to be refused for a while',
    );
    await rig.startLegacy();
    await rig.even();
    expect(rig.continuity.restarts.current.number).toBe(2);
    expect((await rig.entries('POST /notes/:note_id/lines'))[0]).toMatchObject({ state: 'void' });
  });

  it('takes no write to an entity for a restart', async () => {
    const rig = await start({ table: forgetful([SCANS]) });
    const note = await rig.make();
    await rig.ask('POST', `/notes/${note}/scans`, { name: 'a' });
    await rig.even();
    await witnessed(rig);
    await rig.ask('DELETE', `/notes/${note}`);
    await rig.ask('GET', '/notes');
    await expect
      .poll(() => rig.continuity.restarts.current.witnesses, { timeout: 10_000, interval: 10 })
      .toEqual([]);
    expect(rig.continuity.restarts.current.number).toBe(1);
  });

  it('takes a start time that legacy shows for what it is', async () => {
    let started = 'Monday';
    const rig = await start({
      table: (notes) => ({
        ...notes,
        routes: [
          ...notes.routes,
          {
            ...notes.routes[0],
            key: 'GET /started',
            path: '/started',
            keys: [],
            ids: [],
            times: [],
          } as never,
        ],
        restarts: { started: { read: 'GET /started', at: '$.at' } },
      }),
    });
    const handle = rig.legacy.handle;
    rig.legacy.handle = async (asked) =>
      asked.target === '/started' ? { status: 200, json: { at: started } } : handle(asked);
    await rig.continuity.restarts.look();
    await rig.continuity.restarts.look();
    expect(rig.continuity.restarts.current.number).toBe(1);
    started = 'Tuesday';
    await rig.continuity.restarts.look();
    expect(rig.continuity.restarts.current).toMatchObject({ number: 2, started: '"Tuesday"' });
  });
});

it('refuses a table that recognises restarts by a route that cannot show them', () => {
  const make = (known: string[]) => () => forgetful(known)({ routes: [], anythingElse: {} as never });
  expect(make([SCAN])).toThrow(/which is no read of the table/);
});
