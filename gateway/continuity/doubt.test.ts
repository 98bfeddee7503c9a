/** Writes whose outcome is not known: answers that are lost, and gateways that are killed. */
import { afterEach, expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { type Failpoint, onFailpoint } from './failpoints.ts';
import { onBothDatabases } from './testing/both.ts';
import { killAt } from './testing/kill-at.ts';
import type { NotesApp } from './testing/notes-app.ts';
import { type Rig, startRig } from './testing/rig.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

const failAt = (point: Failpoint, action: (id: string) => Promise<void> | void) => {
  undo.push(onFailpoint(point, action));
};

/** Does it, and breaks the connection instead of answering, once. */
function dropAnswer(app: NotesApp, method: string): void {
  app.after = (asked) => {
    if (asked.method !== method) return;
    app.after = () => {};
    throw new Error('the answer is lost');
  };
}

/** Lines that it is asked for are not looked at before they are released. */
function holdLines(app: NotesApp): { begun: Promise<void>; release: () => void } {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  app.before = async ({ method, target }) => {
    if (method !== 'POST' || !target.endsWith('/lines')) return;
    begin();
    await released;
  };
  return { begun, release };
}

const states = (rig: Rig) =>
  [rig.legacy, rig.new].map((app) => app.notes.map(({ id, title }) => [title, ...app.linesOf(id)]));
const expectEven = (rig: Rig) => {
  const [legacy, fresh] = states(rig);
  expect(fresh).toEqual(legacy);
};

onBothDatabases((database) => {
  it('says 502 of a refused connection, and that nothing has happened is all there is to it', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    await rig.stopLegacy();
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Lost' })).status).toBe(502);
    expect((await rig.ask('POST', '/notes')).status).toBe(502);
    // Nothing is in flight on the key, so it can move at once.
    rig.flip('new');
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Kept' })).status).toBe(200);
    await rig.startLegacy();
    await rig.even();
    expect(states(rig)).toEqual([[['Kept']], [['Kept']]]);
  });

  it('finds out that a write on legacy took effect although its answer was lost', async () => {
    const rig = await startRig(database.db);
    const kept = await rig.make();
    const going = await rig.make();
    dropAnswer(rig.legacy, 'POST');
    expect((await rig.ask('POST', '/notes')).status).toBe(502);
    dropAnswer(rig.legacy, 'PUT');
    expect((await rig.ask('PUT', `/notes/${kept}/title`, { title: 'Renamed' })).status).toBe(502);
    dropAnswer(rig.legacy, 'POST');
    expect((await rig.ask('POST', `/notes/${kept}/lines`, { text: ' said ' })).status).toBe(502);
    dropAnswer(rig.legacy, 'DELETE');
    expect((await rig.ask('DELETE', `/notes/${going}`)).status).toBe(502);
    await rig.even();
    expectEven(rig);
    expect(rig.new.notes).toHaveLength(2);
    expect(rig.new.notes.map(({ id, created_at }) => [id, created_at])).toEqual(
      rig.legacy.notes.map(({ id, created_at }) => [id, created_at]),
    );
    expect(rig.new.linesOf(kept)).toEqual(['said', 'reply 1 to Answer: said']);
    expect(rig.paid).toHaveLength(1);
  });

  it('makes void what legacy never did, once it can no longer be at work on it', async () => {
    const rig = await startRig(database.db, { longest: 300 });
    const note = await rig.make();
    await rig.even();
    rig.legacy.before = ({ method, target }) => {
      if (method !== 'GET' && target.includes('lines')) throw new Error('not even begun');
    };
    const asked = await rig.ask('POST', `/notes/${note}/lines`, { text: 'never' });
    expect(asked.status).toBe(502);
    await rig.even();
    expect(rig.new.linesOf(note)).toEqual([]);
    expect(await rig.continuity.size()).toMatchObject({ doubt: 0, underWay: 0 });
  });

  it.each(['admitted', 'answered', 'settle'] as const)(
    'comes back after a kill at "%s" of a write on legacy and makes both sides agree',
    async (point) => {
      const rig = await startRig(database.db, { longest: 1000 });
      const note = await rig.make();
      await rig.even();
      void killAt(rig, point);
      await rig.ask('POST', `/notes/${note}/lines`, { text: 'in doubt' }).catch(() => undefined);
      await rig.restart();
      await rig.even();
      const lines = rig.legacy.linesOf(note);
      expect(lines).toHaveLength(point === 'admitted' ? 0 : 2);
      expectEven(rig);
    },
  );

  it.each(['admitted', 'answered', 'settle'] as const)(
    'comes back after a kill at "%s" of a write on new and makes both sides agree',
    async (point) => {
      const rig = await startRig(database.db);
      rig.flip('new');
      const note = await rig.make();
      await rig.even();
      void killAt(rig, point);
      await rig.ask('POST', `/notes/${note}/lines`, { text: 'in doubt' }).catch(() => undefined);
      await rig.restart();
      await rig.even();
      expect(rig.new.linesOf(note)).toHaveLength(point === 'admitted' ? 0 : 2);
      expectEven(rig);
      expect(rig.paid).toHaveLength(point === 'admitted' ? 0 : 1);
    },
  );

  it.each(['replayed', 'times read'] as const)(
    'gives legacy nothing twice where the mirror is killed at "%s", though identical lines exist',
    async (point) => {
      const rig = await startRig(database.db);
      rig.model = () => 'always the same';
      rig.flip('new');
      const note = await rig.make();
      await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' });
      await rig.even();
      const killed = killAt(rig, point);
      // The client may have its answer or not.
      await rig.ask('POST', `/notes/${note}/lines`, { text: 'again' }).catch(() => undefined);
      // Legacy has it under an id of its own.
      const lines = () => rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '');
      await killed;
      expect(lines()).toHaveLength(4);
      await rig.restart();
      await rig.even();
      expect(lines()).toEqual(rig.new.linesOf(note));
      expect(rig.new.linesOf(note)).toHaveLength(4);
      rig.flip('legacy');
      expect((await rig.ask('GET', `/notes/${note}/lines`)).json).toMatchObject({ note });
    },
  );

  it('does not ask legacy again while it may still be at work on what a killed mirror gave it', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const note = await rig.make();
    await rig.even();
    const { begun, release } = holdLines(rig.legacy);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'once' });
    await begun;
    rig.kill();
    await rig.restart();
    // It has looked, and seen nothing yet.
    const looks = () => rig.legacy.requests.filter(({ method }) => method === 'GET').length;
    const before = looks();
    await until(() => looks() >= before + 2, 20_000, 'two looks at legacy');
    release();
    await rig.even();
    expect(rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '')).toEqual(rig.new.linesOf(note));
    expect(rig.new.linesOf(note)).toHaveLength(2);
    expect(rig.paid).toHaveLength(1);
    expect(rig.tie.unexplained).toBe(0);
  });

  it('holds nothing against new that was asked by a gateway which was killed', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const killed = killAt(rig, 'times read');
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'once' }).catch(() => undefined);
    await killed;
    // What was asked goes with the gateway.
    const [written] = await rig.entries('POST /notes/:note_id/lines');
    expect(rig.tie.takeCalls('new', written?.id ?? '')).toHaveLength(1);
    await rig.restart();
    await rig.even();
    const [entry] = await rig.entries('POST /notes/:note_id/lines');
    expect(entry).toMatchObject({ side: 'legacy', mirror: 'applied', verdict: 'matched' });
    expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
  });

  it('asks legacy again at once where it knows that it has not asked yet', async () => {
    const rig = await startRig(database.db, { longest: 20_000 });
    rig.flip('new');
    const note = await rig.make();
    await rig.even();
    let isDone = false;
    failAt('sending', () => {
      if (isDone) return;
      isDone = true;
      // Written down, and nobody has heard of it.
      throw Object.assign(new Error('the connection is gone'), { code: 'ECONNRESET' });
    });
    const began = performance.now();
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'once' });
    await rig.even();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(isDone).toBe(true);
    expect(rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '')).toEqual(rig.new.linesOf(note));
  });

  it('holds on to what legacy has stored with an excuse, as its model was gone, instead of saying it twice', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const note = await rig.make();
    await rig.even();
    rig.legacy.excuse = 'I encountered an error';
    const { begun, release } = holdLines(rig.legacy);
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'once' });
    await begun;
    rig.kill();
    await rig.restart();
    release();
    const { lag } = rig.continuity.journal;
    await until(() => lag.counts().pinned > 0, 10_000, 'the line to be held on to');
    expect(rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '')).toHaveLength(2);
    const [entry] = await rig.entries('POST /notes/:note_id/lines');
    expect(entry).toMatchObject({ pinned: true, fault: 'legacy has stored it with another reply' });
    // Whoever is flagged, clients see what they were answered.
    rig.flip('legacy');
    const shown = await rig.ask('GET', `/notes/${note}/lines`);
    expect(shown.json).toMatchObject({ lines: [{ text: 'once' }, { text: 'reply 1 to Answer: once' }] });
  });

  it('takes what legacy has made for one write each, where several are in doubt or on their way', async () => {
    const rig = await startRig(database.db);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: made, resolve: allAreMade } = Promise.withResolvers<void>();
    let creates = 0;
    // The first two are lost once two newer ones are there, whose answers are on their way.
    rig.legacy.after = async ({ method }) => {
      if (method !== 'POST') return;
      creates += 1;
      const isLost = creates <= 2;
      if (creates === 4) allAreMade();
      await (isLost ? made : released);
      if (isLost) throw new Error('the answer is lost');
    };
    const create = () => rig.ask('POST', '/notes');
    const lost = [create(), create()];
    await until(() => creates >= 2, 20_000, 'two creates on legacy');
    const onTheirWay = [create(), create()];
    expect((await Promise.all(lost)).map(({ status }) => status)).toEqual([502, 502]);
    // Both have been looked for, and there is enough that could be theirs.
    const looks = () => rig.legacy.requests.filter(({ method }) => method === 'GET').length;
    const before = looks();
    const isLookedFor = async () => looks() >= before + 4 || (await rig.continuity.size()).doubt === 0;
    await until(isLookedFor, 20_000, 'four looks at legacy, or no doubt');
    release();
    expect((await Promise.all(onTheirWay)).map(({ status }) => status)).toEqual([201, 201]);
    rig.legacy.after = () => {};
    await rig.even();
    const ids = (app: NotesApp) => app.notes.map(({ id }) => id).sort();
    expect(new Set(ids(rig.legacy)).size).toBe(4);
    expect(ids(rig.new)).toEqual(ids(rig.legacy));
  });

  it('finds a replayed create whose answer never came, instead of making another one', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    await rig.make();
    await rig.even();
    dropAnswer(rig.legacy, 'POST');
    const note = await rig.make();
    await rig.even();
    expect(rig.legacy.notes).toHaveLength(2);
    const before = (await rig.ask('GET', '/notes')).text;
    rig.flip('legacy');
    expect((await rig.ask('GET', '/notes')).text).toBe(before);
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'By its public id' });
    expect(rig.legacy.notes[0]?.title).toBe('By its public id');
  });

  it('comes back after a kill just after the 201 of a create, other creates in flight, and a flip', async () => {
    const rig = await startRig(database.db, { longest: 2000 });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const others = { begun: 0 };
    rig.legacy.after = async ({ method }) => {
      if (method === 'POST' && others.begun++ > 0) await released;
    };
    const first = await rig.make();
    const inFlight = [rig.ask('POST', '/notes'), rig.ask('POST', '/notes')].map((one) =>
      one.catch(() => undefined),
    );
    await until(() => rig.legacy.notes.length >= 3, 20_000, 'three notes on legacy');
    rig.kill();
    release();
    await rig.restart();
    rig.flip('new');
    await Promise.all(inFlight);
    expect((await rig.ask('PUT', `/notes/${first}/title`, { title: 'First' })).status).toBe(200);
    const fourth = await rig.make();
    await rig.even();
    const ids = (app: NotesApp) => app.notes.map(({ title }) => title).sort();
    expect(ids(rig.new)).toEqual(ids(rig.legacy));
    expect(new Set(rig.new.notes.map(({ id }) => id)).size).toBe(4);
    expect(rig.new.notes.map(({ id }) => id)).toContain(fourth);
  });
});
