/** Writes and reads through the gateway, with flips between them, on both forms of the database. */
import { expect, it } from 'vitest';
import { onBothDatabases } from './testing/both.ts';
import { startRig } from './testing/rig.ts';

onBothDatabases((database) => {
  it('gives legacy what was written on new, and new what was written on legacy', async () => {
    const rig = await startRig(database.db);
    const first = await rig.make();
    await rig.ask('POST', `/notes/${first}/lines`, { text: 'one' });
    rig.flip('new');
    const second = await rig.make();
    await rig.ask('POST', `/notes/${first}/lines`, { text: 'two' });
    await rig.ask('PUT', `/notes/${second}/title`, { title: 'Renamed' });
    rig.flip('legacy');
    await rig.ask('POST', `/notes/${second}/lines`, { text: 'three' });
    await rig.even();
    expect(rig.legacy.notes.map(({ title, count }) => [title, count])).toEqual([
      ['Renamed', 2],
      ['Note 1', 4],
    ]);
    expect(rig.new.notes.map(({ title, count }) => [title, count])).toEqual([
      ['Renamed', 2],
      ['Note 1', 4],
    ]);
    expect(rig.new.notes.map(({ id }) => id)).toEqual([second, first]);
    expect(rig.paid).toEqual(['Answer: one', 'Answer: two', 'Answer: three']);
    const size = await rig.continuity.size();
    expect(size).toMatchObject({
      lag: { legacy: 0, new: 0 },
      doubt: 0,
      underWay: 0,
      divergent: 0,
      pinned: [],
    });
  });

  it('shows a client the same ids, times and order whoever serves', async () => {
    const rig = await startRig(database.db);
    rig.flip('new');
    const notes = [await rig.make(), await rig.make(), await rig.make()];
    await rig.ask('PUT', `/notes/${notes[0]}/title`, { title: `About ${notes[1]}` });
    const [before, lines] = [
      await rig.ask('GET', '/notes'),
      await rig.ask('GET', `/notes/${notes[1]}/lines`),
    ];
    await rig.even();
    rig.flip('legacy');
    const after = await rig.ask('GET', '/notes');
    expect(after.text).toBe(before.text);
    expect(after.headers.get('content-length')).toBe(String(Buffer.byteLength(before.text)));
    expect((await rig.ask('GET', `/notes/${notes[1]}/lines`)).text).toBe(lines.text);
    // Legacy itself knows none of these ids and none of these times.
    for (const note of rig.legacy.notes) {
      expect(before.text).not.toContain(`"${note.id}"`);
      expect(before.text).not.toContain(note.created_at);
    }
    // What legacy writes now is shown as it is, and in its place.
    await rig.ask('PUT', `/notes/${notes[1]}/title`, { title: 'Newest' });
    const touched = await rig.ask('GET', '/notes');
    expect((touched.json as { id: string }[]).map(({ id }) => id)).toEqual([notes[1], notes[0], notes[2]]);
    rig.flip('new');
    await rig.even();
    expect((await rig.ask('GET', '/notes')).text).toBe(touched.text);
  });

  it.each([
    ['the last of them', undefined],
    ['a write that counts nothing and waits behind them', 'Renamed'],
  ])('takes over a number that legacy lost in a race, with %s', async (_, title) => {
    const rig = await startRig(database.db);
    const id = await rig.make();
    await rig.even();
    // Two lines at once: both are stored, and the one that counted first is the last to store its number.
    let arrived = 0;
    let release = () => {};
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    rig.model = async (prompt) => {
      arrived += 1;
      if (arrived === 2) release();
      await both;
      return `Said to ${prompt}`;
    };
    rig.legacy.lists = () => 2;
    await Promise.all(['one', 'two'].map((text) => rig.ask('POST', `/notes/${id}/lines`, { text })));
    if (title) await rig.ask('PUT', `/notes/${id}/title`, { title });
    await rig.even();
    const before = await rig.ask('GET', '/notes');
    expect(before.json).toMatchObject([{ id, count: 2 }]);
    rig.flip('new');
    expect((await rig.ask('GET', '/notes')).text).toBe(before.text);
    expect(rig.new.linesOf(id)).toHaveLength(4);
    // From then on each side counts the lines that are there.
    rig.legacy.lists = (count) => count;
    await rig.ask('POST', `/notes/${id}/lines`, { text: 'three' });
    await rig.even();
    expect([rig.new, rig.legacy].map(({ notes }) => notes[0]?.count)).toEqual([6, 6]);
    rig.flip('legacy');
    await rig.ask('POST', `/notes/${id}/lines`, { text: 'four' });
    await rig.even();
    expect([rig.new, rig.legacy].map(({ notes }) => notes[0]?.count)).toEqual([8, 8]);
  });

  it('journals what is written under another spelling of a path, and reads it in public ids', async () => {
    const rig = await startRig(database.db);
    const { status, json } = await rig.ask('POST', '/note%73');
    expect(status).toBe(201);
    const { id: first } = json as { id: string };
    rig.flip('new');
    const second = await rig.make();
    await rig.ask('PUT', `/notes/${second}%2Ftitle`, { title: 'Renamed' });
    await rig.even();
    expect(rig.new.notes.map(({ id, title }) => [id, title])).toEqual([
      [second, 'Renamed'],
      [first, 'Note 1'],
    ]);
    expect((await rig.ask('GET', '/%6eotes')).text).toBe((await rig.ask('GET', '/notes')).text);
  });
});
