/** A whole gateway whose legacy application breaks the route table: what an operator sees, and what no flip gets past. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import { expect, it, onTestFinished } from 'vitest';
import type { Application } from '../application.ts';
import { inProcessBackend } from '../backends/in-process/in-process-backend.ts';
import { runCli } from '../cli/cli.ts';
import type { Overview } from '../console/overview.ts';
import type { Status } from '../console/status.ts';
import { Tie } from '../continuity/model-calls/tie.ts';
import { onPGlite } from '../continuity/testing/both.ts';
import { notesApp } from '../continuity/testing/notes-app.ts';
import { notesTable } from '../continuity/testing/notes-table.ts';
import { emptyJournal } from '../continuity/testing/rig.ts';
import { answerOf, serve } from '../continuity/testing/serve-app.ts';
import { startGateway } from '../gateway.ts';
import { createLog } from '../log.ts';
import { readSettings } from '../settings.ts';

const MAKE = 'POST /notes';
const TITLE = 'PUT /notes/:note_id/title';

async function start(db: AnyDatabase) {
  await emptyJournal(db);
  const folder = mkdtempSync(join(tmpdir(), 'gateway-alarms-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'flags.yaml');
  writeFileSync(file, 'routes: {}\n');
  const table = notesTable();
  const noModel = () => Promise.reject(new Error('no model here'));
  const [legacy, fresh] = [notesApp(noModel), notesApp(noModel)];
  let last = 0;
  legacy.newId = () => ++last;
  const server = serve(legacy);
  await server.start();
  onTestFinished(() => server.stop());
  const application: Application = {
    name: 'notes',
    table,
    implemented: new Set(table.routes.map(({ key }) => key)),
    newBackend: inProcessBackend('new', async ({ method, target, operation }) => {
      return answerOf(await fresh.handle({ method, target, body: '', operation }));
    }),
    continuity: { database: async () => db, makeVoid: async (id) => fresh.makeVoid(id) },
    prepare: async () => {},
    withheld: () => undefined,
    errorHeaders: () => [],
  };
  const settings = readSettings(
    {
      CONTINUITY: 'on',
      SYNC_AFTER: '0',
      PORT: '0',
      CONSOLE_PORT: '0',
      CONSOLE_TOKEN: 'a-token-of-the-test',
      BANYAN_DATA: folder,
      BANYAN_FLAGS: file,
      CHAT_PAGE: 'off',
    },
    folder,
  );
  const log = createLog('silent', { write: () => {} });
  let running: Awaited<ReturnType<typeof startGateway>> | undefined;
  const stop = async () => {
    await running?.close(0);
    running = undefined;
  };
  onTestFinished(stop);
  const up = async () => {
    running = await startGateway({ settings, application, legacyUrl: server.url, tie: new Tie(), log });
    return running;
  };
  await up();
  const consoles = async (path: string) => {
    const headers = { authorization: 'Bearer a-token-of-the-test' };
    return fetch(`${running?.consoleUrl}${path}`, { headers });
  };
  const banyan = async (...args: string[]) => {
    let said = '';
    const into = new Writable({
      write(chunk: Buffer, _encoding, done) {
        said += chunk.toString();
        done();
      },
    }) as NodeJS.WriteStream;
    const code = await runCli(args, {
      settings: () => settings,
      application: async () => application,
      user: 'ada',
      stdout: into,
      stderr: into,
    });
    return { code, said };
  };
  const make = () => fetch(`${running?.url}/notes`, { method: 'POST' });
  return { file, legacy, fresh, up, stop, consoles, banyan, make };
}

const flipped = (route: string) => `routes:\n  ${route}: new\n`;

onPGlite((database) => {
  it('shows it in status, console and metrics, and refuses every way to flip, running or not', async () => {
    const { file, fresh, up, stop, consoles, banyan, make } = await start(database.db);
    expect((await make()).status).toBe(201);
    const shown = {
      route: MAKE,
      code: 'unsupported_id',
      count: 1,
      example: expect.stringContaining('the number 1'),
    };
    expect(((await (await consoles('/api/status')).json()) as Status).alarms).toMatchObject([shown]);
    const overview = (await (await consoles('/api/overview')).json()) as Overview;
    expect(overview.alarms).toMatchObject([shown]);
    expect(overview.routes.flatMap(({ route, alarm }) => (alarm ? [route] : []))).toContain(TITLE);
    const metrics = (await (await consoles('/metrics')).text()).split('\n');
    expect(metrics).toContain(`banyan_route_alarm{http_route="${MAKE}",code="unsupported_id"} 1`);
    expect(metrics).toContain(`banyan_route_alarm{http_route="${TITLE}",code="unsupported_id"} 0`);
    expect((await banyan('status')).said).toContain(`alarm     ${MAKE}, since `);
    expect((await banyan('alarms')).said).toContain('Seen once, last ');

    for (const route of [MAKE, TITLE]) {
      const refused = await banyan('flip', route, 'new');
      expect(refused).toMatchObject({
        code: 1,
        said: expect.stringContaining(`${route} is not flipped: there is`),
      });
    }
    writeFileSync(file, flipped(TITLE));
    while (((await (await consoles('/api/status')).json()) as Status).faults.length === 0);
    await stop();
    // While no gateway runs, a command does not get past it either, nor does the next start.
    writeFileSync(file, 'routes: {}\n');
    expect((await banyan('flip', MAKE, 'new')).said).toContain(`${MAKE} is not flipped: there is an alarm`);
    expect((await banyan('status')).said).toContain(`alarm     ${MAKE}, since `);
    writeFileSync(file, flipped(MAKE));
    const { flags } = await up();
    expect([flags.current.routes.get(MAKE)?.mode, flags.faults.length]).toEqual(['legacy', 1]);
    expect(fresh.notes).toEqual([]);
  });

  it('is flipped by force with a reason, and lifted by a person, both of which the history keeps', async () => {
    const { file, legacy, banyan, make } = await start(database.db);
    await make();
    expect((await banyan('flip', TITLE, 'new', '--force', '--reason', 'I know')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain(`${TITLE}: new`);
    expect((await banyan('alarms', 'lift', 'GET', '/notes', '--reason', 'no')).said).toContain(
      'There is no alarm on',
    );
    expect((await banyan('alarms', 'lift', MAKE, '--reason', 'put right')).code).toBe(0);
    const history = (await banyan('history')).said;
    expect(history).toContain('in spite of an alarm: there is an alarm');
    expect(history).toContain('alarm lifted');
    expect((await banyan('alarms')).said).toBe('There is no alarm.\n');
    legacy.newId = crypto.randomUUID;
    await make();
    expect((await banyan('flip', MAKE, 'shadow')).code).toBe(0);
    expect((await banyan('flip', MAKE, 'new')).code).toBe(0);
  });
});
