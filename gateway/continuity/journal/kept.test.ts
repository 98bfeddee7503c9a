/** What the journal keeps of a write, and for how long; and what it accepts of two answers. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { chatTable } from '../../test/support/chat-table.ts';
import { Bodies } from '../bodies/bodies.ts';
import { onBothDatabases, onPGlite } from '../testing/both.ts';
import { startRig } from '../testing/rig.ts';
import { jsonOf, requestOf } from '../writes/entry-content.ts';
import { clean } from './clean.ts';
import { withoutCredentials } from './credentials.ts';
import { journalOf } from './tables.ts';

const TITLE = 'PUT /notes/:note_id/title';

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

onBothDatabases((database) => {
  it('takes away what both sides have, once it is old; nothing that is owed, and divergent ones later', async () => {
    const rig = await startRig(database.db);
    const db = journalOf(database.db);
    const bodies = new Bodies(await emptyFolder(), { isNeeded: async () => false });
    const note = await rig.make();
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Kept on both' });
    await rig.ask('PUT', `/notes/${note}/title`, { title: ' ' });
    await rig.even();
    expect(await clean(db, 3600, bodies)).toBe(0);
    rig.new.before = () => Promise.reject(new Error('away'));
    await rig.ask('PUT', `/notes/${note}/title`, { title: 'Owed' });
    await db
      .updateTable('entries')
      .set({ settled_at: sql<Date>`clock_timestamp() - interval '2 hours'` })
      .execute();
    await db
      .updateTable('entries')
      .set({ verdict: 'divergent' })
      .where('route', '=', 'POST /notes')
      .execute();
    expect(await clean(db, 3600, bodies)).toBe(2);
    const left = await db.selectFrom('entries').select(['route', 'mirror']).orderBy('position').execute();
    expect(left.map(({ route }) => route)).toEqual(['POST /notes', TITLE]);
    expect(await clean(db, 600, bodies)).toBe(1);
    rig.new.before = () => {};
    await rig.even();
    expect(rig.new.notes[0]?.title).toBe('Owed');
  });
});

onPGlite((database) => {
  it('sends credentials to the backend and does not write them down', async () => {
    const rig = await startRig(database.db);
    const note = await rig.make();
    const secrets = { authorization: 'Bearer hidden', cookie: 'session=hidden', 'x-shown': 'yes' };
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'x' }, secrets)).status).toBe(200);
    await rig.even();
    const [entry] = await rig.entries(TITLE);
    expect(entry?.request).toContain('"yes"');
    expect(JSON.stringify(entry)).not.toContain('hidden');
    expect(entry).toMatchObject({ mirror: 'applied', verdict: 'matched' });
  });

  it('takes a difference of two answers that a person signed off for none, and counts it', async () => {
    const accepted: AcceptedRule = {
      name: 'worded otherwise',
      reason: 'The new one says it in other words.',
      owner: 'ada',
      expires: '2999-12-31',
      route: TITLE,
      places: ['body $.message', 'header Content-Length'],
    };
    for (const [rules, verdict] of [
      [[accepted], 'matched'],
      [[{ ...accepted, expires: '2020-01-01' }], 'divergent'],
      [[], 'divergent'],
    ] as const) {
      const rig = await startRig(database.db, { rules });
      const { handle } = rig.new;
      rig.new.handle = async (asked) => {
        const said = await handle(asked);
        return asked.method === 'PUT' ? { ...said, json: { message: 'it is renamed' } } : said;
      };
      const note = await rig.make();
      await rig.ask('PUT', `/notes/${note}/title`, { title: 'x' });
      await rig.even();
      expect((await rig.entries(TITLE))[0]).toMatchObject({ verdict });
      const counted = verdict === 'matched' ? { accepted: 1 } : { divergent: 1 };
      expect(rig.shadow.tally.of(TITLE)).toMatchObject(counted);
      // One gateway at a time has the database.
      await rig.continuity.close();
    }
  });

  it('refuses a write after a while where the database is busy with something else, having done nothing', async () => {
    const rig = await startRig(database.db, { patience: { admit: 500 } });
    const note = await rig.make();
    await rig.even();
    const { promise, resolve } = Promise.withResolvers<void>();
    const holding = database.db.transaction().execute(() => promise);
    const began = performance.now();
    const refused = await rig.ask('PUT', `/notes/${note}/title`, { title: 'Not taken' });
    expect(refused).toMatchObject({ status: 503, json: { code: 'journal_away' } });
    expect(performance.now() - began).toBeGreaterThan(450);
    expect((await rig.ask('GET', '/notes')).json).toMatchObject([{ title: 'Note 1' }]);
    resolve();
    await holding;
    expect((await rig.ask('PUT', `/notes/${note}/title`, { title: 'Taken' })).status).toBe(200);
    await rig.even();
    expect([rig.legacy.notes[0]?.title, rig.new.notes[0]?.title]).toEqual(['Taken', 'Taken']);
  });
});

it('leaves out secret headers whatever their case, names with values', () => {
  const headers = ['Cookie', 'a=b', 'X-Cookie', 'Cookie', 'COOKIE', 'c=d', 'Accept', 'authorization'];
  expect(withoutCredentials(headers, new Set(['cookie', 'authorization']))).toEqual([
    ...['X-Cookie', 'Cookie', 'Accept', 'authorization'],
  ]);
});

it('knows the name of a large upload from its beginning, also when the file is all that is left', async () => {
  const route = chatTable.routes.find(({ body }) => body === 'multipart');
  if (!route) throw new Error('no route takes a form');
  const folder = await emptyFolder();
  const bodies = new Bodies(folder, { isNeeded: async () => false });
  const form = new FormData();
  form.append('pdf', new Blob([new Uint8Array(1024 * 1024)]), 'large one.pdf');
  const bytes = Buffer.from(await new Response(form).arrayBuffer());
  const body = await bodies.read(Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]));
  if (!body || !('file' in body)) throw new Error('it is kept in memory');
  const said = jsonOf(route, body);
  expect(said).toEqual({ pdf: { filename: 'large one.pdf' } });
  const request = { method: 'POST', target: '/', rawHeaders: [], bodyFile: body.file, form: said };
  expect(requestOf(route, { request, body: { file: body.file } })).toEqual(said);
  // A write may be about to be admitted with it.
  await bodies.remove(body.file);
  expect(await readdir(folder)).toEqual([body.file]);
  bodies.release(body);
  await until(async () => (await readdir(folder)).length === 0, 10_000, 'the file to be removed');
});
