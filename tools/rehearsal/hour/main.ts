/** `npm run hour` */

import { dirname } from 'node:path';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { fromZero, npmCommand, positive } from '../../setup/options.ts';
import { hour } from './hour.ts';
import { startParts } from './parts.ts';

const { writes, users, seed } = npmCommand(
  'hour',
  'As many writes as eight users make in an hour (chats, messages, uploads; eighty a user), one after the other without a pause, with every route on new. Then all is rolled back, new is stopped, and legacy must have every chat, message and document, and the same answers and sources to the same question.',
  '0 it has; 1 something is missing or otherwise',
)
  .option('--writes <n>', 'how many', positive, 640)
  .option('--users <n>', 'who make them', positive, 8)
  .option('--seed <n>', 'of what is random', fromZero, 1)
  .parse()
  .opts<{ writes: number; users: number; seed: number }>();
const parts = await startParts(dirname(dirname(dirname(import.meta.dirname))), console.error);
const interrupted = () => void parts.close().finally(() => process.exit(130));
whenAskedToStop(interrupted);
try {
  const found = await hour({ parts, users, writes, seed, report: (line) => console.log(line) });
  console.log(JSON.stringify({ ...found, faults: found.faults.slice(0, 30) }, undefined, 2));
  process.exitCode = found.faults.length > 0 ? 1 : 0;
} finally {
  await parts.close();
}
