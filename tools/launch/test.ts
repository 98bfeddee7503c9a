/**
 * `npm test`: sets up what is missing, then lint, types and every test; `npm test -- PATH` runs the tests there alone. Ends
 * with one line of totals, and with 1 when anything failed.
 */
import { delimiter, dirname, join } from 'node:path';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { readSettings, settingNames } from '../../banyan.settings.ts';
import { ensureBrowser, findBrowser } from '../setup/browser.ts';
import { ensureSetup } from '../setup/index.ts';
import { ensureOptional } from '../setup/optional.ts';
import { everyCheck, type Totals, testsOnly } from './checks.ts';
import { inOneLine } from './in-one-line.ts';

const root = dirname(dirname(import.meta.dirname));
const args = process.argv.slice(2);
const report = (line: string) => console.error(line);

let stopped = false;
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const)
  process.on(signal, () => {
    stopped = true;
    stopping.abort();
  });

try {
  const settings = readSettings(process.env, root);
  await ensureSetup({ root, env: process.env, report, signal: stopping.signal, ...settings });
  await ensureOptional(report);
  const browser = args.length ? findBrowser() : ensureBrowser(report);
  if (!browser && !args.length) throw new BanyanError('browser_missing');
  process.exitCode = await runChecks(testEnvironment(settings.setupFolder));
} catch (error) {
  if (!stopped) report(inOneLine(error));
  process.exitCode = 1;
}
if (stopped) process.exit(130);
process.exit();

async function runChecks(env: Record<string, string | undefined>): Promise<number> {
  const sum: Totals = { passed: 0, failed: 0, skipped: 0 };
  const broken: string[] = [];
  for (const check of args.length ? testsOnly : everyCheck) {
    if (stopped) break;
    console.log(`\n${check.name} …`);
    const totals = await check.run({ root, env, args });
    sum.passed += totals.passed;
    sum.failed += totals.failed;
    sum.skipped += totals.skipped;
    if (totals.failed) broken.push(`${check.name}: ${totals.failed}`);
  }
  if (broken.length) console.log(`\nFailed: ${broken.join('; ')}`);
  console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  return sum.failed || stopped ? 1 : 0;
}

/** Tests choose their own settings: a person's PORT or GEMINI_API_KEY must not get in. What was set up is shared. */
function testEnvironment(setupFolder: string): Record<string, string | undefined> {
  const clean = Object.fromEntries(settingNames.map((name) => [name, undefined]));
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].filter(Boolean).join(delimiter);
  return { ...process.env, ...clean, PATH: path, BANYAN_SETUP: setupFolder };
}
