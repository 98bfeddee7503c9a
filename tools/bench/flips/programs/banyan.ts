/** All of Banyan in a process of its own, for `bench -- flips`. Sends where it is once it listens. */
import { dirname } from 'node:path';
import { readSettings } from '../../../../banyan.settings.ts';
import { run } from '../../../launch/run.ts';
import { settingsApart } from '../../../launch/testing.ts';

const { BENCH_FOLDER = '', BENCH_FLAGS = '', CONTINUITY, DATABASE_URL, OPENAI_BASE_URL } = process.env;
const root = dirname(dirname(dirname(dirname(import.meta.dirname))));
const apart = settingsApart(root, BENCH_FOLDER, BENCH_FLAGS);
// What is flipped without evidence would be logged at each flip.
const env = { ...apart.env, CONTINUITY, DATABASE_URL, OPENAI_BASE_URL, LOG_LEVEL: 'error' };
const banyan = await run({
  root,
  env,
  settings: readSettings(env, root),
  report: () => {},
  signal: new AbortController().signal,
});
const { url, consoleUrl, newConsoleToken, legacyUrl } = banyan;
process.send?.({ url, consoleUrl, token: newConsoleToken, legacyUrl });
process.once('SIGTERM', () => void banyan.close().then(() => process.exit(0)));
