/**
 * `npm run contract:record -- NAME…`: makes recordings anew, each at a gateway in front of a fresh legacy app; all of
 * them unless named. To be run when a script changes; the recordings are committed.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { httpBackend } from '@banyan/gateway/backends/http/http-backend.ts';
import type { FlagsInForce } from '@banyan/gateway/flags/model.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { openPublicOrigin } from '@banyan/gateway/public-origin.ts';
import { createRecorder } from '@banyan/gateway/record/recorder.ts';
import { routeKeys } from '@banyan/route-table/route-table.ts';
import { chatPages, createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';
import { type ChatbotBackends, freshBackends } from '../../contract-tests/fresh/backends.ts';
import { Again } from '../../contract-tests/script/uses/finished-job.ts';
import { restless, startsFrom, type Use, uses } from '../../contract-tests/script/uses/index.ts';
import { ensureSetup } from '../setup/index.ts';
import { pageUses } from './chat-page/index.ts';

const root = dirname(dirname(import.meta.dirname));
const settings = readSettings(process.env, root);
const application = {
  ...createApplication(settings),
  pages: () => chatPages('a built-in stand-in'),
};
const all = { ...uses, ...pageUses };
const named = process.argv.slice(2);
const unknown = named.find((name) => !Object.hasOwn(all, name));
if (unknown !== undefined)
  throw new Error(`There is no script "${unknown}"; there are ${Object.keys(all).join(', ')}.`);
// As when it is replayed: a zone with an odd offset, so that a time in UTC cannot pass for a local one.
process.env.TZ ||= 'Asia/Kathmandu';
const setup = await ensureSetup({ ...settings, root, env: process.env, report: console.error });
const backends = await freshBackends({ root, table: application.table, ...setup });
try {
  for (const [name, use] of Object.entries(all))
    if (named.length === 0 || named.includes(name)) await record(backends, name, use);
} finally {
  await backends.close();
}

async function record({ startLegacy }: ChatbotBackends, name: string, use: Use): Promise<void> {
  const folder = join(root, 'contract-tests/recordings');
  const state = startsFrom[name];
  const from = state && join(folder, 'states', state);
  const legacy = await startLegacy(from, { isRestless: restless.has(name) });
  const spool = await mkdtemp(join(tmpdir(), 'banyan-record-'));
  const recorder = createRecorder({ folder, spool, clock: Date, log: silentLog });
  const backend = httpBackend({ name: 'legacy', url: legacy.url });
  const gateway = await openPublicOrigin({
    host: '127.0.0.1',
    port: 0,
    application,
    recorder,
    trustedProxies: [],
    log: silentLog,
    legacy: backend,
    legacyUrl: legacy.url,
    flags: { current: allLegacy() },
  });
  try {
    const made = async () => {
      await recorder.start(name, { force: true });
      const again = await use(gateway.url, legacy.url).catch((error: Error) => error);
      if (again && !(again instanceof Again)) throw again;
      return { ...(await recorder.stop()), again };
    };
    let { exchanges, leftOut, again } = await made();
    while (again) ({ exchanges, leftOut, again } = await made());
    if (state) await sayState(join(folder, `${name}.har`), state);
    console.log(`${name}: ${exchanges} exchanges, ${leftOut} left out`);
  } finally {
    await gateway.close(1000);
    await backend.close();
    await legacy.close();
    await rm(spool, { recursive: true, force: true });
  }
}

/** A replay starts from the same files. */
async function sayState(file: string, state: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"log": {', `"log": {\n  "_state": ${JSON.stringify(state)},`));
}

function allLegacy(): FlagsInForce {
  const flag = { mode: 'legacy', since: new Date().toISOString(), by: 'script' } as const;
  return {
    epoch: 1,
    routes: new Map(routeKeys(application.table).map((key) => [key, flag])),
    phases: new Map(),
    guards: undefined,
    sample: 1,
  };
}
