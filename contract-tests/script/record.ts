/**
 * `npm run contract:record`: makes the scripted recording anew, at a gateway in front of a fresh legacy app. To be run
 * when the script changes; the recording is committed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createApplication } from '../../banyan.config.ts';
import { routeKeys } from '../../contract/route-table.ts';
import { httpBackend } from '../../gateway/backends/http/http-backend.ts';
import type { FlagsInForce } from '../../gateway/flags/model.ts';
import { silentLog } from '../../gateway/log.ts';
import { openPublicOrigin } from '../../gateway/public-origin.ts';
import { createRecorder } from '../../gateway/record/recorder.ts';
import { readSettings } from '../../gateway/settings.ts';
import { ensureSetup } from '../../setup/index.ts';
import { freshBackends } from '../backends.ts';
import { scriptedUse } from './scripted-use.ts';

const root = dirname(dirname(import.meta.dirname));
const settings = readSettings(process.env, root);
const application = createApplication(settings);
const setup = await ensureSetup({ ...settings, root, env: process.env, report: console.error });
const backends = await freshBackends({ root, table: application.table, ...setup });
const legacy = await backends.startLegacy();
const spool = await mkdtemp(join(tmpdir(), 'banyan-record-'));
const recorder = createRecorder({
  folder: join(root, 'contract-tests/recordings'),
  spool,
  clock: Date,
  log: silentLog,
});
const backend = httpBackend({ name: 'legacy', url: legacy.url });
const gateway = await openPublicOrigin({
  host: '127.0.0.1',
  port: 0,
  application,
  legacy: backend,
  legacyUrl: legacy.url,
  flags: { current: allLegacy() },
  recorder,
  trustedProxies: [],
  log: silentLog,
});
try {
  await recorder.start('scripted-use', { force: true });
  await scriptedUse(gateway.url);
  const { file, exchanges, leftOut } = await recorder.stop();
  console.log(`${file}: ${exchanges} exchanges, ${leftOut} left out`);
} finally {
  await gateway.close(1000);
  await backend.close();
  await legacy.close();
  await backends.close();
  await rm(spool, { recursive: true, force: true });
}

function allLegacy(): FlagsInForce {
  const flag = { mode: 'legacy', since: new Date().toISOString(), by: 'script' } as const;
  return {
    epoch: 1,
    routes: new Map(routeKeys(application.table).map((key) => [key, flag])),
    phases: new Map(),
  };
}
