/** Creates whose answer is lost on a legacy whose clock or zone is another one. */
import { afterEach, expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { onFailpoint } from './failpoints.ts';
import { onPGlite } from './testing/both.ts';
import type { NotesApp } from './testing/notes-app.ts';
import { type Rig, type RigOptions, startRig } from './testing/rig.ts';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

const second = 1000;
const hour = 3600 * second;
const clocks: [what: string, legacy: Partial<Pick<NotesApp, 'ahead' | 'zone'>>][] = [
  ['runs 5 s slow', { ahead: -5 * second }],
  ['runs 5 s fast', { ahead: 5 * second }],
  ['is in a zone 8 h behind', { zone: -8 * hour }],
  ['is in a zone 5 h 45 min ahead', { zone: 5.75 * hour }],
];

/** A legacy with such a clock, and with notes that were there before the gateway. */
async function startWith(
  db: Parameters<typeof startRig>[0],
  legacy: Partial<NotesApp>,
  { age = 0, ...options }: RigOptions & { age?: number } = {},
): Promise<Rig> {
  const rig = await startRig(db, options);
  rig.legacy.ahead = -age;
  for (let i = 0; i < 3; i += 1) await rig.legacy.handle({ method: 'POST', target: '/notes', body: '' });
  Object.assign(rig.legacy, { ahead: 0, ...legacy });
  return rig;
}

/** Legacy does so many creates and breaks the connections in place of answering, once all are done. */
function cutCreates(app: NotesApp, count: number): void {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let done = 0;
  app.after = async ({ method }) => {
    if (method !== 'POST' || done >= count) return;
    done += 1;
    if (done === count) resolve();
    await all;
    throw new Error('the answer is lost');
  };
}

const create = (rig: Rig) => rig.ask('POST', '/notes').then(({ status }) => status);
const idsOf = (app: NotesApp) => app.notes.map(({ id }) => id);
const doubtful = async (rig: Rig) => (await rig.continuity.size()).doubtful;

onPGlite((database) => {
  it.each(clocks)(
    'finds a create whose answer was cut where legacy %s, well before its time is up',
    async (_, legacy) => {
      const rig = await startWith(database.db, legacy, { longest: 60_000 });
      const before = idsOf(rig.legacy);
      cutCreates(rig.legacy, 1);
      expect(await create(rig)).toBe(502);
      await rig.even();
      const [made] = idsOf(rig.legacy);
      expect(before).not.toContain(made);
      expect(idsOf(rig.new)).toEqual([made]);
    },
  );

  it.each(clocks)('finds both of two creates that were cut at once where legacy %s', async (_, legacy) => {
    const rig = await startWith(database.db, legacy, { longest: 60_000 });
    const before = idsOf(rig.legacy);
    cutCreates(rig.legacy, 2);
    expect(await Promise.all([create(rig), create(rig)])).toEqual([502, 502]);
    await rig.even();
    const made = idsOf(rig.legacy).filter((id) => !before.includes(id));
    expect(made).toHaveLength(2);
    expect(idsOf(rig.new).sort()).toEqual(made.sort());
  });

  it.each(clocks)(
    'takes nothing that was there before for a create that legacy never did, where legacy %s',
    async (_, legacy) => {
      const rig = await startWith(database.db, legacy, { longest: 300 });
      rig.legacy.before = ({ method }) => {
        if (method === 'POST') throw new Error('not even begun');
      };
      expect(await create(rig)).toBe(502);
      await rig.even();
      expect(idsOf(rig.new)).toEqual([]);
      expect(await rig.continuity.size()).toMatchObject({ doubt: 0, underWay: 0 });
    },
  );

  it.each(clocks)(
    'makes no second one of a replayed create whose answer was cut, where legacy %s',
    async (_, legacy) => {
      const rig = await startRig(database.db);
      Object.assign(rig.legacy, legacy);
      rig.flip('new');
      cutCreates(rig.legacy, 1);
      const note = await rig.make();
      await rig.even();
      expect(rig.legacy.notes).toHaveLength(1);
      rig.flip('legacy');
      await rig.ask('PUT', `/notes/${note}/title`, { title: 'By its public id' });
      expect(rig.legacy.notes[0]?.title).toBe('By its public id');
    },
  );

  it("finds a create after legacy's clock was set between two answers", async () => {
    const rig = await startWith(database.db, {}, { longest: 60_000 });
    const first = await rig.make();
    rig.legacy.zone = -hour;
    cutCreates(rig.legacy, 1);
    expect(await create(rig)).toBe(502);
    await rig.even();
    const made = idsOf(rig.legacy).filter((id) => id !== first)[0];
    expect(idsOf(rig.new).sort()).toEqual([first, made].sort());
  });

  it('leaves a create to a person where somebody else made one too, and keeps it in doubt until then', async () => {
    const rig = await startWith(database.db, { ahead: -5 * second }, { longest: 300 });
    await rig.make();
    rig.legacy.after = async ({ method }) => {
      if (method !== 'POST') return;
      rig.legacy.after = () => {};
      await rig.legacy.handle({ method: 'POST', target: '/notes', body: '' });
      throw new Error('the answer is lost');
    };
    expect(await create(rig)).toBe(502);
    await until(async () => (await doubtful(rig))[0]?.reason !== undefined, 20_000, 'a reason to be shown');
    const [foreign, own] = rig.legacy.notes;
    const [entry] = await doubtful(rig);
    expect(entry).toMatchObject({ route: 'POST /notes', side: 'legacy' });
    expect(entry?.reason).toContain('shows 2 elements any of which the write may have made');
    expect(entry?.reason).toContain(own?.id);
    expect(entry?.reason).toContain(foreign?.id);
    await rig.continuity.operator.settle(entry?.id ?? '', { done: true, answer: own });
    await rig.even();
    expect(idsOf(rig.new)).toContain(own?.id);
    expect(idsOf(rig.new)).not.toContain(foreign?.id);
  });

  it('leaves a create to a person where the gateway was killed and legacy was set back an hour meanwhile', async () => {
    const rig = await startWith(database.db, {}, { longest: 1000, age: 3 * hour });
    undo.push(onFailpoint('answered', () => rig.kill()));
    rig.legacy.zone = -hour;
    await create(rig).catch(() => undefined);
    rig.legacy.zone = 0;
    await rig.restart();
    await until(async () => (await doubtful(rig))[0]?.reason !== undefined, 20_000, 'a reason to be shown');
    const [entry] = await doubtful(rig);
    expect(entry?.reason).toContain("a time that does not fit by legacy's clock");
    expect(entry?.reason).toContain(rig.legacy.notes[0]?.id);
  });

  it("finds a create by the date of legacy's answers where a gateway was killed and legacy runs 5 s slow", async () => {
    const rig = await startWith(database.db, { ahead: -5 * second }, { longest: 60_000, age: 3 * hour });
    undo.push(onFailpoint('answered', () => rig.kill()));
    await create(rig).catch(() => undefined);
    await rig.restart();
    await rig.even();
    expect(idsOf(rig.new)).toEqual([rig.legacy.notes[0]?.id]);
  });

  it('finds a create of a killed gateway once another one has told in which zone legacy is', async () => {
    const rig = await startWith(database.db, { zone: -8 * hour }, { longest: 60_000, age: 3 * hour });
    const unhook = onFailpoint('answered', () => rig.kill());
    await create(rig).catch(() => undefined);
    unhook();
    const [lost] = idsOf(rig.legacy);
    await rig.restart();
    const other = await rig.make();
    await rig.even();
    expect(idsOf(rig.new).sort()).toEqual([lost, other].sort());
  });
});
