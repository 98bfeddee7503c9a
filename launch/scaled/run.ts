/** `npm run scaled -- --restarts 20`: see scaled.ts. Ends with 1 where an upload was lost or doubled, or a request failed. */
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../../gateway/settings.ts';
import { runScaled } from './scaled.ts';

const { values } = parseArgs({
  options: { restarts: { type: 'string', default: '20' }, clients: { type: 'string', default: '3' } },
});
const [restarts, clients] = [Number(values.restarts), Number(values.clients)];
if (!Number.isInteger(restarts) || !Number.isInteger(clients) || restarts < 1 || clients < 1) {
  console.error('usage: npm run scaled -- [--restarts 20] [--clients 3]');
  process.exit(2);
}
const root = dirname(dirname(import.meta.dirname));
const { setupFolder } = readSettings(process.env, root);
const { PATH, HOME } = process.env;
const found = await runScaled({
  ...{ root, restarts, clients, env: { PATH, HOME, BANYAN_SETUP: setupFolder } },
  report: (line) => console.log(line),
});
console.log(JSON.stringify({ ...found, faults: found.faults.slice(0, 20) }, undefined, 2));
process.exit(found.faults.length > 0 ? 1 : 0);
