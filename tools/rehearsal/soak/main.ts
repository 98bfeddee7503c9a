/** `npm run soak` */

import { dirname } from 'node:path';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { Option } from 'commander';
import { fromZero, npmCommand, positive } from '../../setup/options.ts';
import { blows, startParts } from './parts.ts';
import { soak } from './soak.ts';

const { flips, clients, kills, calm, old, outside, seed, only } = npmCommand(
  'soak',
  'Flips of all routes in random order under load, with a first sync, direct writes on legacy, and kills of gateway, worker, PostgreSQL and legacy; then every acknowledged write is looked for on both backends, chat by chat.',
  '0 each is there once; 1 something is missing, there twice, or failed by a flip',
)
  .option('--flips <n>', 'how many', positive, 1000)
  .option('--clients <n>', 'at once', positive, 32)
  .option('--kills <n>', 'kill -9 at random moments', fromZero, 30)
  .option(
    '--calm <percent>',
    'of the flips, before anything is killed; the first sync begins at 25',
    fromZero,
    50,
  )
  .option('--old <n>', 'chats that legacy has before the first sync', fromZero, 60)
  .option('--no-outside', 'nobody writes directly on legacy')
  .option('--seed <n>', 'of what is random', fromZero, 1)
  .addOption(new Option('--only <part>', 'kill this part alone').choices(blows))
  .parse()
  .opts<
    Record<'flips' | 'clients' | 'kills' | 'calm' | 'old' | 'seed', number> & {
      outside: boolean;
      only?: (typeof blows)[number];
    }
  >();
const parts = await startParts(dirname(dirname(dirname(import.meta.dirname))), old);
const interrupted = () => void parts.close().finally(() => process.exit(130));
whenAskedToStop(interrupted);
try {
  const report = (line: string) => console.log(line);
  const found = await soak({
    parts,
    flips,
    clients,
    kills,
    calm: calm / 100,
    blows: only ? [only] : blows,
    outside,
    seed,
    report,
  });
  console.log(JSON.stringify({ ...found, faults: found.faults.slice(0, 40) }, undefined, 2));
  if (found.faults.length > 0) console.log(`The journal and what both show: ${await parts.dump()}`);
  process.exitCode = found.faults.length > 0 ? 1 : 0;
} finally {
  await parts.close();
}
