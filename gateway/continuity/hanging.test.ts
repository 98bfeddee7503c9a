/** Backends that begin an answer and do not go on: as long as the client has seen nothing, the deadline covers all of the answer. */
import { Readable } from 'node:stream';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { expect, it } from 'vitest';
import { onPGlite } from './testing/both.ts';
import { type Rig, startRig } from './testing/rig.ts';

/** In milliseconds. */
const longest = 500;

/** Sends some bytes of an answer and no more. @returns what was begun so far */
function hangs(app: Rig['legacy'], method: string, bytes = 5): Readable[] {
  const begun: Readable[] = [];
  app.sends = (asked, { body }) => {
    if (asked.method !== method) return undefined;
    const hanging = new Readable({ read: () => {} });
    hanging.push((body as Buffer).subarray(0, bytes));
    begun.push(hanging);
    return { body: hanging };
  };
  return begun;
}

const late = { status: 504, json: { code: 'backend_timeout', deadline: longest } };

async function renamedNote(rig: Rig): Promise<string> {
  rig.flip('new');
  const note = await rig.make();
  await rig.even();
  rig.flip('legacy');
  return note;
}

onPGlite((database) => {
  it('ends a write in time, cancels it, and finds out what came of it', async () => {
    const rig = await startRig(database.db, { longest });
    const note = await rig.make();
    await rig.even();
    const begun = hangs(rig.legacy, 'PUT');
    // The gateway looks at once what came of it; it is shown that only after the test has seen the doubt.
    const { promise: seen, resolve: show } = Promise.withResolvers<void>();
    rig.legacy.before = ({ method }) => (method === 'GET' ? seen : undefined);
    expect(await rig.ask('PUT', `/notes/${note}/title`, { title: 'Once' })).toMatchObject(late);
    await eventually('legacy’s answer is left', () => begun[0]?.destroyed === true);
    expect((await rig.entries('PUT /notes/:note_id/title'))[0]?.state).toBe('doubt');
    show();
    await rig.even();
    expect(rig.new.notes[0]?.title).toBe('Once');
  });

  it.each(['/notes', 'lines'])('ends a rewritten read in time: %s', async (target) => {
    const rig = await startRig(database.db, { longest });
    const note = await renamedNote(rig);
    const begun = hangs(rig.legacy, 'GET', target === '/notes' ? 5 : 0);
    const asked = target === '/notes' ? target : `/notes/${note}/lines`;
    expect(await rig.ask('GET', asked)).toMatchObject(late);
    await eventually('legacy’s answer is left', () => begun[0]?.destroyed === true);
  });

  it('leaves a rewritten read all its time once the client has seen something of it', async () => {
    const rig = await startRig(database.db, { longest });
    const note = await renamedNote(rig);
    let rest: Buffer = Buffer.alloc(0);
    const body = new Readable({ read: () => {} });
    rig.legacy.sends = (_, sent) => {
      body.push((sent.body as Buffer).subarray(0, 5));
      rest = (sent.body as Buffer).subarray(5);
      return { body };
    };
    const response = await fetch(`${rig.url}/notes/${note}/lines`);
    // Another read, which hangs too, is late after the time that this one would have had.
    const other = hangs(rig.legacy, 'GET');
    expect(await rig.ask('GET', '/notes')).toMatchObject(late);
    expect(other).toHaveLength(1);
    for (const piece of [rest, null]) body.push(piece);
    expect(await response.json()).toMatchObject({ note });
  });

  it('ends a replay in time, and finds what it left', async () => {
    const rig = await startRig(database.db, { longest });
    const note = await rig.make();
    await rig.even();
    rig.flip('new');
    const begun = hangs(rig.legacy, 'POST');
    const { status } = await rig.ask('POST', `/notes/${note}/lines`, { text: 'Hello' });
    expect(status).toBe(200);
    await rig.even();
    expect(begun.every(({ destroyed }) => destroyed)).toBe(true);
    expect(rig.legacy.linesOf(note)).toEqual(rig.new.linesOf(note));
    expect(rig.paid).toHaveLength(1);
  });

  it('ends what hangs on new in this process, too', async () => {
    const rig = await startRig(database.db, { longest });
    rig.flip('new');
    const note = await rig.make();
    await rig.even();
    const begun = hangs(rig.new, 'PUT');
    expect(await rig.ask('PUT', `/notes/${note}/title`, { title: 'Once' })).toMatchObject(late);
    expect(begun[0]?.destroyed).toBe(true);
    rig.new.sends = undefined;
    await rig.even();
    expect(rig.legacy.notes[0]?.title).toBe('Once');
  });

  it('says that a backend broke off where it does so within a write’s answer', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    rig.legacy.sends = ({ method }) => {
      if (method !== 'PUT') return undefined;
      const broken = new Readable({ read: () => {} });
      broken.push('{');
      setImmediate(() => broken.destroy(new Error('gone')));
      return { body: broken };
    };
    const { status, json } = await rig.ask('PUT', `/notes/${note}/title`, { title: 'Once' });
    expect(status).toBe(502);
    expect(json).toMatchObject({ code: 'backend_failed' });
    await rig.even();
    expect(rig.new.notes[0]?.title).toBe('Once');
  });
});
