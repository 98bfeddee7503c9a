/** `npm run hour -- --writes 640 --users 8 --seed 1` */

import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { whenAskedToStop } from '../../setup/stop-signal.ts';
import { hour } from './hour.ts';
import { startParts } from './parts.ts';

const usage = `usage: npm run hour -- [--writes 640] [--users 8] [--seed 1]

As many writes as eight users make in an hour (chats, messages, uploads; eighty a user), one after the other without a
pause, with every route on new. Then all is rolled back, new is stopped, and legacy must have every chat, message and
document, and the same answers and sources to the same question.

Exit codes: 0 it has; 1 something is missing or otherwise; 2 it could not run.`;

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    ...{ writes: { ...text, default: '640' }, users: { ...text, default: '8' } },
    ...{ seed: { ...text, default: '1' }, help: { type: 'boolean', default: false } },
  },
});
const [writes, users, seed] = [values.writes, values.users, values.seed].map(Number);
if (values.help || !writes || !users || !Number.isInteger(seed)) {
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}
const parts = await startParts(dirname(dirname(import.meta.dirname)), console.error);
const interrupted = () => void parts.close().finally(() => process.exit(130));
whenAskedToStop(interrupted);
try {
  const found = await hour({ parts, users, writes, seed: seed ?? 1, report: (line) => console.log(line) });
  console.log(JSON.stringify({ ...found, faults: found.faults.slice(0, 30) }, undefined, 2));
  process.exitCode = found.faults.length > 0 ? 1 : 0;
} finally {
  await parts.close();
}
