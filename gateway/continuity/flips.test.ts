/** Keys that move from side to side, and what keeps them. */
import { randomUUID } from 'node:crypto';
import { afterEach, expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { onFailpoint } from './failpoints.ts';
import { onBothDatabases } from './testing/both.ts';
import { type Rig, startRig } from './testing/rig.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

/** Notes by title with their lines, whatever their ids. */
const contents = (app: Rig['legacy']) => app.notes.map(({ id, title }) => [title, ...app.linesOf(id)]);

const expectEven = (rig: Rig) => expect(contents(rig.new)).toEqual(contents(rig.legacy));

/** What the model says is held back until it is released. */
function heldModel(rig: Rig, held: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: asked, resolve: tell } = Promise.withResolvers<void>();
  rig.model = async (prompt) => {
    if (prompt.includes(held)) {
      tell();
      await promise;
    }
    return `reply to ${prompt}`;
  };
  return { release: resolve, asked };
}

onBothDatabases((database) => {
  it('holds only the note that a model call is under way for: it stays where it is, the others move', async () => {
    const rig = await startRig(database.db);
    const [busy, free] = [await rig.make(), await rig.make()];
    const model = heldModel(rig, 'slow');
    const slow = rig.ask('POST', `/notes/${busy}/lines`, { text: 'slow' });
    await model.asked;
    rig.flip('new');
    const began = performance.now();
    await rig.ask('PUT', `/notes/${free}/title`, { title: 'Moved' });
    await rig.ask('PUT', `/notes/${busy}/title`, { title: 'Stayed' });
    expect(performance.now() - began).toBeGreaterThan(240);
    const servedTitles = (app: Rig['new']) => app.requests.filter(({ method }) => method === 'PUT').length;
    expect([servedTitles(rig.legacy) >= 1, servedTitles(rig.new) >= 1]).toEqual([true, true]);
    expect(rig.legacy.notes.find(({ id }) => id === busy)?.title).toBe('Stayed');
    model.release();
    expect((await slow).status).toBe(200);
    await rig.even();
    await rig.ask('PUT', `/notes/${busy}/title`, { title: 'Moved too' });
    expect(rig.new.notes.find(({ id }) => id === busy)?.title).toBe('Moved too');
    await rig.even();
    expectEven(rig);
  });

  it('answers a read from the side that has the data while a write is under way there', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const model = heldModel(rig, 'slow');
    const slow = rig.ask('POST', `/notes/${note}/lines`, { text: 'slow' });
    await model.asked;
    rig.flip('new');
    const before = rig.new.requests.length;
    const began = performance.now();
    expect((await rig.ask('GET', `/notes/${note}/lines`)).json).toEqual({ note, lines: [] });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(rig.new.requests).toHaveLength(before);
    model.release();
    await slow;
  });

  it('never answers from a side that has not been given everything', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    const { promise, resolve } = Promise.withResolvers<void>();
    undo.push(
      onFailpoint('replay', () => promise),
      () => resolve(),
    );
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Only on legacy' });
    rig.flip('new');
    const read = rig.ask('GET', '/notes');
    expect((await read).json).toMatchObject([{ title: 'Only on legacy' }]);
    expect(rig.new.notes[0]?.title).not.toBe('Only on legacy');
    resolve();
    await rig.even();
    expect((await rig.ask('GET', '/notes')).json).toMatchObject([{ title: 'Only on legacy' }]);
    expectEven(rig);
  });

  it('gives nothing to the other side that was refused, and pays for no model twice', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const before = rig.new.requests.length;
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: ' ' })).status).toBe(400);
    expect((await rig.ask('POST', `/notes/${note}/lines`, { text: '' })).status).toBe(400);
    await rig.even();
    expect(rig.new.requests).toHaveLength(before);
  });

  it('keeps what a text says, though it quotes an id that legacy has under another name', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const note = await rig.make();
    const text = `see "${note}" and {"id": "${note}"} \u00e9\u{1f600}`;
    rig.model = () => `quoting ${note}`;
    await rig.ask('POST', `/notes/${note}/lines`, { text });
    const before = await rig.ask('GET', `/notes/${note}/lines`);
    await rig.even();
    rig.flip('legacy');
    expect((await rig.ask('GET', `/notes/${note}/lines`)).text).toBe(before.text);
    expect(rig.legacy.linesOf(rig.legacy.notes[0]?.id ?? '')).toEqual([text, `quoting ${note}`]);
  });

  it('lets an id that nobody made pass as it is', async () => {
    const rig = await startRig(database.db);
    const id = `odd ${randomUUID()} é%`;
    await rig.ask('POST', `/notes/${encodeURIComponent(id)}/lines`, { text: 'begun' });
    rig.flip('new');
    await rig.ask('POST', `/notes/${encodeURIComponent(id)}/lines`, { text: 'gone on' });
    await rig.even();
    expect(rig.new.linesOf(id)).toHaveLength(4);
    expect(rig.new.linesOf(id)).toEqual(rig.legacy.linesOf(id));
  });

  it('pins one note that cannot be replayed, with the reason, and goes on with the others; it can be tried again or skipped', async () => {
    const rig = await startRig(database.db);
    const [stuck, other] = [await rig.make(), await rig.make()];
    await rig.even();
    rig.flip('new');
    let isBroken = true;
    const handle = rig.legacy.handle;
    rig.legacy.handle = async (asked) =>
      isBroken && asked.method === 'PUT' && asked.target.includes(stuck)
        ? { status: 404, json: { error: 'no such note' } }
        : handle(asked);
    await rig.ask('PUT', `/notes/${stuck}/title`, { title: 'Stuck' });
    await rig.ask('POST', `/notes/${stuck}/lines`, { text: 'behind it' });
    await rig.ask('PUT', `/notes/${other}/title`, { title: 'Through' });
    await until(async () => (await rig.continuity.size()).pinned.length > 0, 20_000, 'a stuck write');
    const isThrough = () => rig.legacy.notes.find(({ id }) => id === other)?.title === 'Through';
    await until(isThrough, 20_000, "the other note's title on legacy");
    const [pin] = (await rig.continuity.size()).pinned;
    expect(pin).toMatchObject({ keys: [`note:${stuck}`], side: 'new', behind: 1 });
    expect(pin?.reason).toContain('legacy answered 404');
    // It stays with its owner: legacy does not serve it, whatever the flag says.
    rig.flip('legacy');
    expect((await rig.ask('PUT', `/notes/${stuck}/title`, { title: 'Again' })).status).toBe(200);
    expect(rig.new.notes.find(({ id }) => id === stuck)?.title).toBe('Again');
    expect((await rig.ask('GET', `/notes/${stuck}/lines`)).json).toMatchObject({
      lines: [{ text: 'behind it' }, {}],
    });
    isBroken = false;
    await rig.continuity.mirror.retry(pin?.id ?? '');
    await rig.even();
    expectEven(rig);

    isBroken = true;
    rig.flip('new');
    await rig.ask('PUT', `/notes/${stuck}/title`, { title: 'Never on legacy' });
    await until(async () => (await rig.continuity.size()).pinned.length > 0, 20_000, 'a stuck write');
    const [second] = (await rig.continuity.size()).pinned;
    expect(await rig.continuity.mirror.skip(second?.id ?? '', 'a person said so')).toBe(true);
    await rig.even();
    expect(rig.legacy.notes.find(({ id }) => id === stuck)?.title).toBe('Again');
  });

  it('pins nothing where the other side answers with the error that the client was given', async () => {
    const rig = await startRig(database.db);
    const nobody = randomUUID();
    for (const app of [rig.legacy, rig.new]) {
      const { handle } = app;
      app.handle = async (asked) =>
        asked.method === 'DELETE' ? { status: 500, json: { error: 'an odd id' } } : handle(asked);
    }
    // To the probe it looks done: there is no such note.
    expect((await rig.ask('DELETE', `/notes/${nobody}`)).status).toBe(500);
    await rig.even();
    expect(await rig.continuity.size()).toMatchObject({
      pinned: [],
      divergent: 0,
      lag: { legacy: 0, new: 0 },
    });
  });

  it('replays overlapping lines in the order in which they came to be, not in that of their answers', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    let isFirst = true;
    // The first answer is on its way for long: the second line was added later, and is answered before.
    rig.legacy.after = async ({ method, target }) => {
      if (method !== 'POST' || !target.includes('lines') || !isFirst) return;
      isFirst = false;
      await promise;
    };
    const slow = rig.ask('POST', `/notes/${note}/lines`, { text: 'first' });
    await until(() => rig.legacy.linesOf(note).length >= 2, 20_000, 'two lines on legacy');
    await rig.ask('POST', `/notes/${note}/lines`, { text: 'second' });
    resolve();
    await slow;
    await rig.even();
    expect(rig.legacy.linesOf(note)[0]).toBe('first');
    expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
  });

  it('gives overlapping renames the same end on both sides', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    for (let round = 0; round < 5; round += 1) {
      rig.flip(round % 2 === 0 ? 'legacy' : 'new');
      const titles = Array.from({ length: 6 }, (_, i) => `Round ${round}, ${i}`);
      await Promise.all(titles.map((title) => rig.ask('PUT', `/notes/${note}/title`, { title })));
      await rig.even();
      expectEven(rig);
    }
  });

  it('settles a line whose note was deleted during the model call, and flipped', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const model = heldModel(rig, 'late');
    const late = rig.ask('POST', `/notes/${note}/lines`, { text: 'late' });
    await model.asked;
    await rig.ask('DELETE', `/notes/${note}`);
    rig.flip('new');
    model.release();
    await late;
    await rig.even();
    expect(rig.legacy.linesOf(note)).toHaveLength(2);
    expect(rig.new.linesOf(note)).toEqual(rig.legacy.linesOf(note));
    expect((await rig.ask('GET', `/notes/${note}/lines`)).json).toMatchObject({
      lines: [{ text: 'late' }, {}],
    });
  });

  it('gives the same text in two empty notes at once, one a client, one a replay, each its own reply', async () => {
    const rig = await startRig(database.db);
    const [here, there] = [await rig.make(), await rig.make()];
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    undo.push(onFailpoint('replay', () => promise));
    rig.flip('new');
    await rig.ask('POST', `/notes/${here}/lines`, { text: 'same' });
    rig.flip('legacy');
    const second = rig.ask('POST', `/notes/${there}/lines`, { text: 'same' });
    resolve();
    await second;
    await rig.even();
    expectEven(rig);
    expect(rig.paid).toEqual(['Answer: same', 'Answer: same']);
    expect(rig.tie.unexplained).toBe(0);
  });

  it('shows no id of legacy while a replayed create has no public one yet', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const first = await rig.make();
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    undo.push(
      onFailpoint('replayed', async () => {
        reach();
        await promise;
      }),
    );
    const second = await rig.make();
    await reached;
    expect(rig.legacy.notes).toHaveLength(2);
    rig.flip('legacy');
    const list = (await rig.ask('GET', '/notes')).json as { id: string }[];
    expect(list.map(({ id }) => id).sort()).toEqual([first, second].sort());
    resolve();
    await rig.even();
  });
});
