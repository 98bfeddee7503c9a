/** Journaled writes that are answered with server-sent events. */
import { Readable } from 'node:stream';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { expect, it, onTestFinished } from 'vitest';
import { onFailpoint } from './failpoints.ts';
import { onPGlite } from './testing/both.ts';
import type { NotesApp } from './testing/notes-app.ts';
import { type Rig, startRig } from './testing/rig.ts';

const eventStream = ['Content-Type', 'text/event-stream'];
const titles = 'PUT /notes/:note_id/title';

/** Answers such requests with events that are sent by hand. */
function answersWithEvents(app: NotesApp, method: string): Readable[] {
  const streams: Readable[] = [];
  app.sends = (asked) => {
    if (asked.method !== method) return undefined;
    const body = new Readable({ read: () => {} });
    streams.push(body);
    return { body, rawHeaders: eventStream };
  };
  return streams;
}

interface Watched {
  response: Response;
  /** The next that comes; undefined at the end. */
  next(): Promise<string | undefined>;
  leave(): void;
}

async function watch(rig: Rig, method: string, target: string, body: unknown): Promise<Watched> {
  const client = new AbortController();
  onTestFinished(() => client.abort());
  const response = await fetch(rig.url + target, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
    signal: client.signal,
  });
  const reader = response.body?.getReader() ?? expect.fail('it has no body');
  return {
    response,
    next: async () => {
      const { value } = await reader.read();
      return value && Buffer.from(value).toString();
    },
    leave: () => client.abort(),
  };
}

/** A note whose title is being set on a side, with the answer under way. */
async function underWay(rig: Rig, side: 'legacy' | 'new' = 'legacy') {
  const note = await rig.make();
  await rig.even();
  rig.flip(side);
  const streams = answersWithEvents(rig[side], 'PUT');
  const client = await watch(rig, 'PUT', `/notes/${note}/title`, { title: 'Streamed' });
  const stream = streams[0] ?? expect.fail('nothing is streamed');
  return { note, stream, client };
}

onPGlite((database) => {
  it.each(['legacy', 'new'] as const)(
    'shows each event of %s as it comes, and the end once the write is settled',
    async (side) => {
      const rig = await startRig(database.db);
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      const { note, stream, client } = await underWay(rig, side);
      expect(client.response.headers.get('content-type')).toBe('text/event-stream');
      for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        stream.push(event);
        expect(await client.next()).toBe(event);
      }
      onTestFinished(
        onFailpoint('settle', () => {
          reach();
          return held;
        }),
      );
      let hasEnded = false;
      stream.push(null);
      const end = client.next().finally(() => {
        hasEnded = true;
      });
      await reached;
      expect((await rig.entries(titles))[0]?.state).toBe('admitted');
      expect(hasEnded).toBe(false);
      rig[side].sends = undefined;
      release();
      expect(await end).toBeUndefined();
      const [entry] = await rig.entries(titles);
      expect(entry?.state).toBe('settled');
      expect(String(Buffer.from(entry?.answer_body ?? []))).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
      await rig.even();
      for (const app of [rig.legacy, rig.new]) expect(app.notes[0]).toMatchObject({ title: 'Streamed' });
      expect(note).toBe(rig.new.notes[0]?.id);
    },
  );

  it('compares the events of the two sides as bytes', async () => {
    const rig = await startRig(database.db);
    const { stream, client } = await underWay(rig);
    rig.new.sends = ({ method }) =>
      method === 'PUT'
        ? { body: Readable.from([Buffer.from('data: 1\n\n')]), rawHeaders: eventStream }
        : undefined;
    stream.push('data: 1\n\n');
    stream.push(null);
    while (await client.next());
    await rig.even();
    expect((await rig.entries(titles))[0]).toMatchObject({ mirror: 'applied', verdict: 'matched' });
  });

  it('breaks the client’s connection where the backend breaks off, and looks into it', async () => {
    const rig = await startRig(database.db);
    const { stream, client } = await underWay(rig);
    stream.push('data: 1\n\n');
    expect(await client.next()).toBe('data: 1\n\n');
    stream.destroy(new Error('gone'));
    await expect(client.next()).rejects.toThrow();
    await rig.even();
    expect((await rig.entries(titles))[0]).toMatchObject({ state: 'settled', answer_body: null });
    expect(rig.new.notes[0]?.title).toBe('Streamed');
  });

  it('breaks the client’s connection where the write cannot be settled', async () => {
    const rig = await startRig(database.db);
    const { stream, client } = await underWay(rig);
    const settles = onFailpoint('settle', () => {
      throw new Error('no');
    });
    onTestFinished(settles);
    stream.push('data: 1\n\n');
    stream.push(null);
    expect(await client.next()).toBe('data: 1\n\n');
    await expect(client.next()).rejects.toThrow();
    expect((await rig.entries(titles))[0]?.state).not.toBe('settled');
  });

  it('goes on to the end where the client goes away', async () => {
    const rig = await startRig(database.db);
    const { stream, client } = await underWay(rig);
    stream.push('data: 1\n\n');
    await client.next();
    client.leave();
    await expect(client.next()).rejects.toThrow();
    await rig.logged(({ fault }) => fault === 'client_gone');
    stream.push('data: 2\n\n');
    stream.push(null);
    await rig.even();
    const [entry] = await rig.entries(titles);
    expect(String(Buffer.from(entry?.answer_body ?? []))).toBe('data: 1\n\ndata: 2\n\n');
    expect(rig.new.notes[0]?.title).toBe('Streamed');
  });

  it('keeps what it writes to with its side until it ends', async () => {
    const rig = await startRig(database.db);
    const { note, stream, client } = await underWay(rig);
    rig.flip('new');
    const lines = { text: 'Hello' };
    await rig.ask('POST', `/notes/${note}/lines`, lines);
    const isLine = ({ method, target }: { method: string; target: string }) =>
      method === 'POST' && target.endsWith('/lines');
    expect(rig.legacy.requests.filter(isLine)).toHaveLength(1);
    expect(rig.new.requests.filter(isLine)).toHaveLength(0);
    stream.push(null);
    expect(await client.next()).toBeUndefined();
    await rig.even();
    await rig.ask('POST', `/notes/${note}/lines`, lines);
    expect(rig.new.requests.filter(isLine)).toHaveLength(2);
  });

  it('has no deadline once the client sees it, and one for each event of a replay', async () => {
    const rig = await startRig(database.db, { longest: 300 });
    const { stream, client } = await underWay(rig);
    stream.push('data: 1\n\n');
    await client.next();
    // Another write is late after the time that this one would have had.
    const other = await rig.make();
    rig.legacy.sends = ({ method }) =>
      method === 'PUT' ? { body: new Readable({ read: () => {} }) } : undefined;
    expect((await rig.ask('PUT', `/notes/${other}/title`, { title: 'x' })).status).toBe(504);
    rig.legacy.sends = undefined;
    stream.push('data: 2\n\n');
    expect(await client.next()).toBe('data: 2\n\n');
    stream.push(null);
    expect(await client.next()).toBeUndefined();
    await rig.even();
  });

  it('is stuck where the route table says that the answer has a reply in it', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    await rig.even();
    const streams = answersWithEvents(rig.legacy, 'POST');
    const client = await watch(rig, 'POST', `/notes/${note}/lines`, { text: 'Hello' });
    for (const piece of ['data: Hi\n\n', null]) streams[0]?.push(piece);
    expect(await client.next()).toBe('data: Hi\n\n');
    expect(await client.next()).toBeUndefined();
    const lines = 'POST /notes/:note_id/lines';
    await eventually('it is stuck', async () => (await rig.entries(lines))[0]?.pinned === true);
    expect((await rig.entries(lines))[0]?.fault).toMatch(/cannot be read: it is a stream of events/);
    expect(rig.new.linesOf(note)).toEqual([]);
  });

  it('is not shown where the route table says that the answer names what it made', async () => {
    const rig = await startRig(database.db);
    rig.legacy.sends = ({ method }, { body }) =>
      method === 'POST' ? { body: Buffer.from(`data: ${body}\n\n`), rawHeaders: eventStream } : undefined;
    const { status, json } = await rig.ask('POST', '/notes');
    expect(status).toBe(502);
    expect(json).toMatchObject({ code: 'answer_unreadable' });
    await eventually('it is stuck', async () => (await rig.entries('POST /notes'))[0]?.pinned === true);
  });
});
