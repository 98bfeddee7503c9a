/**
 * `node tools/setup/run.ts`: makes what a start needs besides the npm packages, and prints where it is, as one line of JSON:
 * `{"python": …, "embeddingModel": …}`. What it does on the way goes to the other stream.
 */
import { dirname } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { ensureSetup } from './index.ts';

const root = dirname(dirname(import.meta.dirname));
try {
  const settings = readSettings(process.env, root);
  const setup = await ensureSetup({ ...settings, root, env: process.env, report: console.error });
  console.log(JSON.stringify(setup));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
