/** `npm run scaled`: see scaled.ts. */
import { dirname } from 'node:path';
import { readSettings } from '../../../banyan.settings.ts';
import { npmCommand, positive } from '../../setup/options.ts';
import { runScaled } from './scaled.ts';

const { restarts, clients } = npmCommand(
  'scaled',
  'The scaled-out form as processes: gateway, two workers, PostgreSQL and Redis from packages, legacy. Workers and Redis are restarted under load.',
  '0 nothing was lost; 1 an upload was lost or doubled, or a request failed',
)
  .option('--restarts <n>', 'of workers and of Redis', positive, 20)
  .option('--clients <n>', 'at once', positive, 3)
  .parse()
  .opts<{ restarts: number; clients: number }>();
const root = dirname(dirname(dirname(import.meta.dirname)));
const { setupFolder } = readSettings(process.env, root);
const { PATH, HOME } = process.env;
const found = await runScaled({
  root,
  restarts,
  clients,
  env: { PATH, HOME, BANYAN_SETUP: setupFolder },
  report: (line) => console.log(line),
});
console.log(JSON.stringify({ ...found, faults: found.faults.slice(0, 20) }, undefined, 2));
process.exit(found.faults.length > 0 ? 1 : 0);
