/** `npm start`: sets up what is missing, runs everything, and stops all of it at Ctrl-C. */
import { dirname } from 'node:path';
import { aborted, stopSignal } from '@banyan/gateway/terminal/stop-signal.ts';
import { readSettings } from '../../banyan.settings.ts';
import { inOneLine } from './in-one-line.ts';
import { run } from './run.ts';
import { summary } from './summary.ts';

const root = dirname(dirname(import.meta.dirname));
const report = (line: string) => console.error(line);

const signal = stopSignal(() => {
  report('Stopped at once; what was in flight is lost.');
  process.exit(130);
});

try {
  const begun = performance.now();
  const settings = readSettings(process.env, root);
  const running = await run({ settings, root, env: process.env, report, signal });
  console.log(`\n${summary(settings, running, performance.now() - begun, process.cwd())}\n`);
  const failure = await Promise.race([aborted(signal), running.failed]);
  if (failure) report(inOneLine(failure));
  else report('\nStopping: requests in flight are finished first; Ctrl-C again stops at once.');
  await running.close();
  if (failure) process.exit(1);
  report('Stopped.');
  process.exit(0);
} catch (error) {
  if (signal.aborted) {
    report('Stopped.');
    process.exit(0);
  }
  report(inOneLine(error));
  process.exit(1);
}
