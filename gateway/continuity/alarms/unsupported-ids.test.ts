/** Applications whose ids are not what the route table declares: nothing of theirs is mixed up, and somebody is told. */
import { expect, it } from 'vitest';
import { loadIds } from '../journal/stored-names.ts';
import { journalOf } from '../journal/tables.ts';
import { onBothDatabases } from '../testing/both.ts';
import { type Rig, startRig } from '../testing/rig.ts';

const MAKE = 'POST /notes';
const LIST = 'GET /notes';
const TITLE = 'PUT /notes/:note_id/title';

/** Counts its notes, as many an application does. @param to what becomes of the number */
function counting(from: number, to: (id: number) => unknown = (id) => id): () => unknown {
  let last = from;
  return () => to(++last);
}

const made = async (rig: Rig) => ((await rig.ask('POST', '/notes')).json as { id?: unknown }).id;
const alarms = (rig: Rig) => rig.continuity.alarms.all().map(({ route, example }) => [route, example]);

/** What is stuck, once something is. */
async function stuck(rig: Rig) {
  for (;;) {
    const { pinned } = await rig.continuity.size();
    if (pinned.length > 0) return pinned;
    await rig.continuity.journal.lag.change(50);
  }
}

/** A note as legacy had it before the journal began. */
const old = (id: unknown) => ({
  id: id as string,
  title: `Old ${String(id)}`,
  created_at: '2026-01-31T09:15:00.123456Z',
  updated_at: '2026-01-31T09:15:00.123456Z',
  count: 0,
});

onBothDatabases((database) => {
  it.each([
    ['numbers', (id: number) => id, 'legacy: $.id should be a uuid4 and is the number 3'],
    ['texts of digits', String, 'legacy: $.id should be a uuid4 and is the text "3" of 1 characters'],
    ['nothing', () => undefined, 'legacy: $.id should be a uuid4 and is missing'],
    ['null', () => null, 'legacy: $.id should be a uuid4 and is null'],
  ])(
    'keeps notes that legacy names by %s on legacy, under no name of the new backend',
    async (_, to, example) => {
      const divergences: string[] = [];
      const rig = await startRig(database.db, { onDivergence: (route) => divergences.push(route) });
      rig.legacy.newId = counting(0, to);
      for (const id of [1, 2, 3]) expect((await made(rig)) ?? null).toBe(to(id) ?? null);
      expect(alarms(rig)).toEqual([[MAKE, example]]);
      expect(rig.continuity.alarms.all()[0]).toMatchObject({ count: 3, code: 'unsupported_id' });
      const [first] = await stuck(rig);
      expect(first).toMatchObject({ side: 'legacy', route: MAKE });
      expect((await rig.continuity.size()).lag).toEqual({ legacy: 0, new: 3 });
      expect(first?.reason).toContain('not of the declared format');
      expect(rig.new.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
      const rows = await journalOf(database.db).selectFrom('ids').selectAll().execute();
      expect([rows, divergences]).toEqual([[], []]);
    },
  );

  it('does not let a DELETE of one’s note reach another one’s of the same number, either way', async () => {
    const rig = await startRig(database.db);
    rig.legacy.newId = counting(0);
    rig.new.newId = counting(0);
    rig.legacy.notes.push(old(7));
    rig.flip('new');
    for (const id of [1, 2]) expect(await made(rig)).toBe(id);
    expect(alarms(rig)).toEqual([[MAKE, 'new: $.id should be a uuid4 and is the number 2']]);
    await stuck(rig);
    rig.legacy.notes.push(old(1));
    rig.flip('legacy');
    // New has note 1 of the client's; legacy's is somebody else's.
    expect((await rig.ask('DELETE', '/notes/1')).status).toBe(200);
    await rig.ask('PUT', '/notes/2/title', { title: 'Mine' });
    expect(rig.legacy.notes.map(({ title }) => title)).toEqual(['Old 7', 'Old 1']);
    expect(rig.new.notes.map(({ id, title }) => [id, title])).toEqual([[2, 'Mine']]);
    const shown = (await rig.ask('GET', '/notes')).json as { id: unknown }[];
    expect(shown.map(({ id }) => id)).toEqual([2]);
  });

  it('refuses a number that is one thing on legacy and another on the new backend, after a rollback at once', async () => {
    const rig = await startRig(database.db);
    rig.new.newId = counting(0);
    rig.legacy.newId = counting(0);
    rig.flip('new');
    await made(rig);
    const [entry] = await stuck(rig);
    rig.flip('legacy');
    await rig.continuity.operator.leaveBehind(rig.table.routes.map(({ key }) => key));
    expect(await made(rig)).toBe(1);
    const all = [
      await rig.ask('DELETE', '/notes/1'),
      await rig.ask('PUT', '/notes/1/title', { title: 'Whose' }),
      await rig.ask('GET', '/notes/1/lines'),
    ];
    expect(all.map(({ status, json }) => [status, (json as { code: string }).code])).toEqual(
      Array.from(all, () => [409, 'id_ambiguous']),
    );
    expect([rig.legacy, rig.new].map(({ notes }) => notes.map(({ title }) => title))).toEqual([
      ['Note 1'],
      ['Note 1'],
    ]);
    // A person has decided that legacy does without it.
    await rig.continuity.mirror.skip(entry?.id ?? '', 'done by hand');
    expect((await rig.ask('DELETE', '/notes/1')).status).toBe(200);
    expect(rig.legacy.notes).toEqual([]);
  });

  it('does not map a number that legacy gives to what is replayed there, and does not ask it again', async () => {
    const rig = await startRig(database.db);
    rig.legacy.newId = counting(16);
    rig.flip('new');
    const note = await rig.make();
    const [entry] = await stuck(rig);
    expect(entry?.reason).toContain('legacy has done it');
    expect(alarms(rig)).toEqual([[MAKE, 'legacy: $.id should be a uuid4 and is the number 17']]);
    await rig.continuity.mirror.retry(entry?.id ?? '');
    await rig.make();
    await stuck(rig);
    await rig.ask('DELETE', `/notes/${note}`);
    expect(rig.legacy.notes.map(({ id }) => id)).toEqual([17]);
    expect((await journalOf(database.db).selectFrom('ids').selectAll().execute()).length).toBe(0);
  });

  it('sees numbers in a list before anything is written, and then does not replay a write that names one', async () => {
    const rig = await startRig(database.db);
    rig.legacy.notes.push(old(17), old(18));
    rig.new.notes.push(old(17));
    expect(((await rig.ask('GET', '/notes')).json as unknown[]).length).toBe(2);
    // Looked into behind the client's back.
    while (alarms(rig).length === 0) await rig.continuity.journal.lag.change(10);
    expect(alarms(rig)).toEqual([[LIST, expect.stringMatching(/^legacy: .* is the number 1[78]$/)]]);
    await rig.ask('PUT', '/notes/17/title', { title: 'Renamed' });
    const [entry] = await stuck(rig);
    expect(entry).toMatchObject({ route: TITLE, keys: ['note:17'] });
    expect(entry?.reason).toContain('new may call another note so');
    expect(rig.new.notes[0]?.title).toBe('Old 17');
    // What is named by a uuid is replayed as ever.
    rig.flip('new', LIST);
    const note = await rig.make();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Fine' });
    while (!rig.new.notes.some(({ title }) => title === 'Fine')) await rig.continuity.journal.lag.change(50);
  });

  it('raises nothing for what a client has made up, also where legacy repeats or lists it', async () => {
    const rig = await startRig(database.db);
    await rig.make();
    await rig.even();
    for (const id of ['not-a-uuid', '17', '%2017', 'NULL', '0'.repeat(300)]) {
      expect((await rig.ask('GET', `/notes/${id}/lines`)).json).toHaveProperty('note');
      await rig.ask('POST', `/notes/${id}/lines`, { text: 'hello' });
      await rig.ask('DELETE', `/notes/${id}`);
    }
    await rig.ask('PUT', '/notes/seventeen/title', { title: 'Odd' });
    rig.legacy.notes.push(old('seventeen'));
    await rig.ask('GET', '/notes');
    await rig.even();
    expect(alarms(rig)).toEqual([]);
  });

  it('maps nothing that an earlier version wrote down of ids in another format', async () => {
    const rig = await startRig(database.db);
    const db = journalOf(database.db);
    const uuids = { public_id: crypto.randomUUID(), legacy_id: crypto.randomUUID() };
    await db
      .insertInto('ids')
      .values([
        { kind: 'note', public_id: '17', legacy_id: '19' },
        { kind: 'note', ...uuids },
      ])
      .execute();
    const ids = await loadIds(db, rig.table);
    expect([ids.legacyOf('note', '17'), ids.publicOf('note', '19')]).toEqual(['17', '19']);
    expect(ids.legacyOf('note', uuids.public_id)).toBe(uuids.legacy_id);
  });

  it('keeps the alarm when another gateway comes up', async () => {
    const rig = await startRig(database.db);
    rig.legacy.newId = counting(0);
    await made(rig);
    const before = rig.continuity.alarms.all();
    rig.kill();
    await rig.restart();
    expect(rig.continuity.alarms.all()).toEqual(before);
    expect(rig.continuity.alarms.against(TITLE)).toContain('there is an alarm on `POST /notes`');
  });
});
