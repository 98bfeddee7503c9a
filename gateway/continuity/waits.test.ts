/** What the mirror waits for holds up the entity that it is of, and nobody else; and what cannot happen any more is not waited for. */
import { expect, it, onTestFinished } from 'vitest';
import type { WaitingEntry } from './journal/waiting.ts';
import { onBothDatabases, onPGlite } from './testing/both.ts';
import type { NotesApp } from './testing/notes-app.ts';
import { type Rig, startRig } from './testing/rig.ts';

const SCANS = 'POST /notes/:note_id/scans';

/** Scans are read on this side once this is called, or when the test is over. */
function holdScans(app: NotesApp): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  app.reading = () => promise;
  onTestFinished(() => resolve());
  return resolve;
}

const scan = async (rig: Rig, note: string, name = 'one') => {
  const { status, json } = await rig.ask('POST', `/notes/${note}/scans`, { name });
  expect(status).toBe(202);
  return (json as { scan_id: string }).scan_id;
};

/** Looks at every change until it is so. */
async function until(rig: Rig, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('it never came to this');
    await rig.continuity.journal.lag.change(20);
  }
}

const hasNote = (app: NotesApp, note: string) => app.notes.some(({ id }) => id === note);
const titles = (app: NotesApp) => app.notes.map(({ title }) => title);

async function waiting(rig: Rig): Promise<WaitingEntry[]> {
  let found: WaitingEntry[] = [];
  await until(rig, async () => {
    found = (await rig.continuity.size()).waiting;
    return found.length > 0;
  });
  return found;
}

onBothDatabases((database) => {
  it('gives the new backend a note and its line while the scan of a deleted one is still read there', async () => {
    const rig = await startRig(database.db);
    const release = holdScans(rig.new);
    const first = await rig.make();
    const work = await scan(rig, first);
    // It waits for the scan, and the deletion for the line.
    await rig.ask('POST', `/notes/${first}/lines`, { text: 'of the first' });
    await rig.ask('DELETE', `/notes/${first}`);
    const second = await rig.make();
    await rig.ask('POST', `/notes/${second}/lines`, { text: 'hello' });
    await until(rig, () => rig.new.linesOf(second).length === 2);
    expect(await waiting(rig)).toMatchObject([
      {
        route: SCANS,
        side: 'legacy',
        keys: [`note:${first}`, `scan:${work}`],
        on: 'new',
        work: `scan:${work}`,
        until: null,
      },
    ]);
    release();
    await rig.even();
    expect(titles(rig.new)).toEqual(titles(rig.legacy));
    expect((await rig.continuity.size()).waiting).toEqual([]);
  });

  it('waits for nothing that legacy never shows, as it has lost track of the scan and the note was deleted', async () => {
    const rig = await startRig(database.db);
    holdScans(rig.legacy);
    const note = await rig.make();
    await scan(rig, note);
    await waiting(rig);
    await rig.ask('DELETE', `/notes/${note}`);
    const began = performance.now();
    await rig.even();
    expect(performance.now() - began).toBeLessThan(5000);
    expect([rig.legacy.notes, rig.new.notes]).toEqual([[], []]);
  });

  it.each(['legacy', 'new'] as const)(
    'numbers notes on legacy after a deletion, and does not wait for the scan of the deleted one that %s still reads',
    async (slow) => {
      const rig = await startRig(database.db);
      rig.flip('new');
      const release = holdScans(rig[slow]);
      const first = await rig.make();
      await scan(rig, first);
      await scan(rig, first, 'two');
      await rig.ask('DELETE', `/notes/${first}`);
      await rig.make();
      const creates = () =>
        rig.legacy.requests.filter(({ method, target }) => method === 'POST' && target === '/notes');
      await until(rig, () => creates().length === 2);
      expect(titles(rig.legacy)).toEqual(['Note 1']);
      release();
      await rig.even();
      expect(titles(rig.legacy)).toEqual(titles(rig.new));
      expect((await rig.continuity.size()).pinned).toEqual([]);
    },
  );

  it('goes on with others though more notes wait for their scans than there are replays at once', async () => {
    const rig = await startRig(database.db, { mirror: { concurrency: { new: 2 } } });
    const release = holdScans(rig.legacy);
    for (let i = 0; i < 3; i++) await scan(rig, await rig.make());
    const last = await rig.make();
    await rig.ask('PUT', `/notes/${last}/title`, { title: 'Not held up' });
    await until(rig, () => titles(rig.new).includes('Not held up'));
    expect(await waiting(rig)).toHaveLength(3);
    release();
    await rig.even();
  });

  it('goes on with others though more writes stand behind one that waits than are read at once', async () => {
    const rig = await startRig(database.db, { mirror: { readAhead: 4 } });
    const release = holdScans(rig.legacy);
    const note = await rig.make();
    await rig.even();
    await scan(rig, note);
    await waiting(rig);
    for (let i = 0; i < 12; i++) await rig.ask('PUT', `/notes/${note}/title`, { title: `${i}` });
    const last = await rig.make();
    await until(rig, () => hasNote(rig.new, last));
    expect(await waiting(rig)).toMatchObject([{ behind: 12 }]);
    release();
    await rig.even();
  });
});

onPGlite((database) => {
  it('presumes an end when it said it would, though the gateway was started again meanwhile', async () => {
    const rig = await startRig(database.db, { mirror: { presumedAfter: 3000 } });
    holdScans(rig.legacy);
    const note = await rig.make();
    await scan(rig, note);
    const [before] = await waiting(rig);
    rig.kill();
    await rig.restart();
    const [after] = await waiting(rig);
    expect(after).toMatchObject({ on: 'legacy', until: before?.until, work: before?.work });
    await until(rig, () => (rig.new.notes[0]?.scans ?? []).length === 1);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(before?.until ?? ''));
    await rig.even();
  });
});
