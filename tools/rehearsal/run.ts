/** `npm run rehearsal`: from all-legacy to legacy stopped, as the shipped phases have it, and nobody notices. */

import { dirname, join } from 'node:path';
import { listRecordings, readRecording } from '@banyan/gateway/record/read-recording.ts';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { readAccepted } from '@banyan/suite/accepted.ts';
import { today } from '@banyan/suite/clock.ts';
import { runSuite } from '@banyan/suite/suite.ts';
import { readSettings } from '../../banyan.settings.ts';
import { freshBackends } from '../../contract-tests/fresh/backends.ts';
import { chatbotTable } from '../../services/chatbot-table.ts';
import { ensureSetup } from '../setup/index.ts';
import { fromZero, npmCommand, positive } from '../setup/options.ts';
import { startInstallation } from './installation.ts';
import { rehearse } from './rehearse.ts';

const root = dirname(dirname(import.meta.dirname));
const { users, dwell, seed, force } = npmCommand(
  'rehearsal',
  'Flips the phases of flags.yaml one by one, each rolled back once and taken forward again, under the traffic of users who chat and upload, with the contract suite in between; then completes them and stops legacy.',
  '0 nobody noticed; 1 a request failed, a write was lost, or the backends diverged',
)
  .option('--users <n>', 'at once', positive, 8)
  .option('--dwell <seconds>', 'how long each step is looked at', positive, 3)
  .option('--seed <n>', 'of what is random', fromZero, 1)
  .option('--force', 'flip what contract-tests/evidence.json does not prove for this code too', false)
  .parse()
  .opts<{ users: number; dwell: number; seed: number; force: boolean }>();
const report = (line: string) => console.error(line);
const setup = await ensureSetup({ ...readSettings(process.env, root), root, env: process.env, report });
const installation = await startInstallation({ root, force, report });
const interrupted = () => void installation.close().finally(() => process.exit(130));
whenAskedToStop(interrupted);
try {
  console.log('      AT  STEP                                     TOOK  REQUESTS  SLOWEST  FAULTS');
  const { faults, acknowledged } = await rehearse({
    installation,
    users,
    seed,
    dwell: dwell * 1000,
    prove,
    onStep: ({ at, what, took, requests, slowest, faults: count }) =>
      console.log(
        `${(at / 1000).toFixed(1).padStart(7)}s  ${what.padEnd(36)} ${took.toFixed(0).padStart(6)}ms ${String(requests).padStart(9)} ${slowest.toFixed(0).padStart(6)}ms ${String(count).padStart(7)}`,
      ),
  });
  for (const fault of faults.slice(0, 30)) console.log(fault);
  console.log(`${acknowledged} acknowledged writes looked for; ${faults.length} faults.`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await installation.close();
}

/** The shortest recordings that ask these routes, on fresh backends. */
async function prove(routes: readonly string[]): Promise<string[]> {
  const folder = join(root, 'contract-tests/recordings');
  const all = await Promise.all(
    (await listRecordings(folder)).map((name) => readRecording(join(folder, `${name}.har`))),
  );
  const recordings = routes
    .flatMap((route) => {
      const asking = all.filter(({ exchanges }) => exchanges.some((exchange) => exchange.route === route));
      return asking.toSorted((a, b) => a.exchanges.length - b.exchanges.length).slice(0, 1);
    })
    .filter((recording, i, every) => every.indexOf(recording) === i);
  const backends = await freshBackends({ root, table: chatbotTable, ...setup });
  try {
    const rules = await readAccepted(join(root, 'contract-tests/accepted.yaml'));
    const { startLegacy, startNew } = backends;
    const outcomes = await runSuite({
      table: chatbotTable,
      recordings,
      rules: rules.filter(({ quirk }) => quirk === undefined),
      today: today(Date.now()),
      startLegacy,
      startNew,
    });
    return outcomes
      .filter(({ outcome }) => outcome === 'divergent')
      .map((outcome) => `the backends diverge: ${JSON.stringify(outcome).slice(0, 200)}`);
  } finally {
    await backends.close();
  }
}
