/** The command line before a running gateway's console and its journal. */
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { until } from '../../../tools/setup/testing/processes.ts';
import { completionRoutes } from '../../console/completion.ts';
import { journalRoutes } from '../../console/journal-routes.ts';
import { legacyRoutes } from '../../console/legacy-routes.ts';
import { previewRoutes } from '../../console/preview-routes.ts';
import { onFailpoint } from '../../continuity/failpoints.ts';
import type { JournalOperator } from '../../continuity/operator.ts';
import type { Rig } from '../../continuity/testing/rig.ts';
import { readSettings } from '../../settings.ts';
import { openConsole } from '../../test/support/console.ts';
import { flagFolder } from '../../test/support/flag-folder.ts';
import { runCli } from '../cli.ts';

export const TITLE = 'PUT /notes/:note_id/title';

/** The command line of somebody whose data folder is that of a running gateway. @returns the exit code, and what it printed */
export function commandLine(at: ReturnType<typeof flagFolder>) {
  return async (...args: string[]) => {
    const said = { out: '', err: '' };
    const into = (name: 'out' | 'err') =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          said[name] += chunk.toString();
          done();
        },
      }) as NodeJS.WriteStream;
    const code = await runCli(args, {
      settings: () => readSettings({ BANYAN_DATA: at.data, BANYAN_FLAGS: at.file, CONSOLE_PORT: '2' }, '/'),
      application: () => Promise.reject(new Error('a gateway runs')),
      user: 'ada',
      stdout: into('out'),
      stderr: into('err'),
    });
    return { code, ...said };
  };
}

/** A console over the rig's journal, and the command line before it. */
export async function operated(rig: Rig) {
  const routes = rig.table.routes.map(({ key }) => `  ${key}: new\n`).join('');
  const at = flagFolder(`routes:\n${routes}`);
  const store = await at.open({ table: rig.table });
  store.onChange(() => rig.flip(store.current.routes.get(TITLE)?.mode ?? 'legacy'));
  rig.flip('new');
  const journal = { isAway: false };
  const operator = operatorOf(rig, journal);
  const uploads = { waiting: 0 };
  const console = await openConsole(at, store, {
    table: rig.table,
    application: 'notes',
    atOnce: operator.atOnce,
    extensions: [
      journalRoutes({ operator, tally: rig.shadow.tally, store }),
      legacyRoutes(rig.continuity, store),
      previewRoutes(() => ({
        table: rig.table,
        plan: (asked) => store.plan(asked),
        faults: store.faults,
        unwritten: store.unwritten?.routes,
        isRunning: true,
        lackedBy: operator.lackedBy,
        lostByLegacy: operator.lostByLegacy,
        compared: () => rig.shadow.tally.all(),
      })),
      completionRoutes({
        table: rig.table,
        store,
        dataFolder: at.data,
        journal: rig.continuity.size,
        work: async () => ({
          queued: uploads.waiting,
          processing: 0,
          oldest: 0,
          undelivered: 0,
          ownerless: 0,
        }),
      }),
    ],
  });
  onTestFinished(async () => {
    await console.close();
    await store.close();
  });
  const banyan = commandLine(at);
  const ask = async (path: string): Promise<unknown> => {
    const headers = { authorization: `Bearer ${console.token}` };
    return (await fetch(`${console.url}/api${path}`, { headers })).json();
  };
  return { banyan, ask, at, store, uploads, journal };
}

/** As PostgreSQL answers, or as it does not. */
function operatorOf(rig: Rig, state: { isAway: boolean }): JournalOperator {
  const { operator } = rig.continuity;
  const unlessAway =
    <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (state.isAway) throw Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' });
      return work(...args);
    };
  return { ...operator, atOnce: unlessAway(operator.atOnce), lackedBy: unlessAway(operator.lackedBy) };
}

/** Nothing is given to the other side until this is called, or the test is over. */
export function holdReplays(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(onFailpoint('replay', () => promise));
  onTestFinished(() => resolve());
  return resolve;
}

/** Legacy does not take a title of this note while it is so. */
export function refusing(rig: Rig, note: string) {
  const state = { isBroken: true };
  const { handle } = rig.legacy;
  rig.legacy.handle = async (asked) =>
    state.isBroken && asked.method === 'PUT' && asked.target.includes(note)
      ? { status: 404, json: { error: 'no such note' } }
      : handle(asked);
  return state;
}

/** The id of the first that is, once there is one. */
export async function stuck(rig: Rig): Promise<string> {
  let found: string | undefined;
  const isFound = async () => {
    found = (await rig.continuity.size()).pinned[0]?.id;
    return found !== undefined;
  };
  await until(isFound, 20_000, 'a stuck write');
  return found ?? '';
}
