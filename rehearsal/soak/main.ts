/** `npm run soak -- --flips 1000 --clients 32 --kills 30 --seed 1`; `--only PostgreSQL` for kills of one part alone. */

import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { whenAskedToStop } from '../../setup/stop-signal.ts';
import { blows, startParts } from './parts.ts';
import { soak } from './soak.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{ flips: { ...text, default: '1000' }, clients: { ...text, default: '32' } },
    ...{ kills: { ...text, default: '30' }, seed: { ...text, default: '1' } },
    only: text,
  },
});
const [flips, clients, kills, seed] = [values.flips, values.clients, values.kills, values.seed].map(Number);
const only = blows.filter((blow) => values.only === undefined || blow === values.only);
if (
  only.length === 0 ||
  !flips ||
  !clients ||
  kills === undefined ||
  !Number.isInteger(kills) ||
  !Number.isInteger(seed)
) {
  console.error(
    'usage: npm run soak -- [--flips 1000] [--clients 32] [--kills 30] [--seed 1] [--only ' +
      blows.join('|') +
      ']',
  );
  process.exit(2);
}
const parts = await startParts(dirname(dirname(import.meta.dirname)));
const interrupted = () => void parts.close().finally(() => process.exit(130));
whenAskedToStop(interrupted);
try {
  const report = (line: string) => console.log(line);
  const found = await soak({ parts, flips, clients, kills, blows: only, seed: seed ?? 1, report });
  console.log(JSON.stringify({ ...found, faults: found.faults.slice(0, 40) }, undefined, 2));
  if (found.faults.length > 0) console.log(`The journal and what both show: ${await parts.dump()}`);
  process.exitCode = found.faults.length > 0 ? 1 : 0;
} finally {
  await parts.close();
}
