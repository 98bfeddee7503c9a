/** `npm run contract`: replays the committed recordings against both backends and says whether they agree. */
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { routeTable } from '../contract/routes.ts';
import { readSettings } from '../gateway/settings.ts';
import { ensureSetup } from '../setup/index.ts';
import { readAccepted } from './accepted.ts';
import { freshBackends, runningElsewhere } from './backends.ts';
import { today } from './clock.ts';
import { listRecordings, readRecording } from './har.ts';
import { divergenceLines, type Paint, resultLines } from './report.ts';
import { isGreen, resultOf } from './result.ts';
import { type Compared, type RunningBackend, runSuite } from './suite.ts';

const usage = `usage: npm run contract -- [options]

Replays every recording in contract-tests/recordings against a fresh legacy app and a fresh new backend, and compares
the answers: status, headers and body, byte for byte once ids and times are bound.

  --legacy URL       a legacy backend that runs, instead of a fresh one
  --new URL          a new backend that runs; every route is then expected of it
  --recording NAME   only this one; may be given several times
  --result FILE      where the result goes (result.json)
  --help

Exit codes: 0 no divergence; 1 a divergence, or an accepted one that has expired; 2 it could not run.`;

const root = dirname(import.meta.dirname);
const recordings = join(import.meta.dirname, 'recordings');

class UsageError extends Error {}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { message } = error as Error;
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<number> {
  const options = optionsOf(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  // A zone with an odd offset, so that a time in UTC cannot pass for a local one.
  process.env.TZ ||= 'Asia/Kathmandu';
  const begun = performance.now();
  const rules = await readAccepted(join(import.meta.dirname, 'accepted.yaml'));
  const chosen = await choose(options.recording);
  const backends = await backendsOf(options);
  const day = today(Date.now());
  // The legacy app is a process group of its own, so that it is stopped here or not at all.
  const interrupted = () => void backends.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    let implemented: RunningBackend['implements'];
    const outcomes = await runSuite({
      table: routeTable,
      recordings: chosen,
      rules,
      today: day,
      startLegacy: backends.startLegacy,
      async startNew() {
        const backend = await backends.startNew();
        implemented = backend.implements;
        return backend;
      },
      onCompared: show(chosen.reduce((sum, { exchanges }) => sum + exchanges.length, 0)),
    });
    const result = resultOf({ table: routeTable, rules, today: day, outcomes, implemented });
    await writeFile(options.result, `${JSON.stringify(result, null, 2)}\n`);
    for (const line of resultLines(result, paint)) console.log(line);
    const took = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(
      `${chosen.length} recording${chosen.length === 1 ? '' : 's'} in ${took} s; ${relative(process.cwd(), options.result)} has the details.`,
    );
    return isGreen(result) ? 0 : 1;
  } finally {
    await backends.close();
  }
}

interface Options {
  legacy: string | undefined;
  new: string | undefined;
  recording: string[] | undefined;
  result: string;
  help: boolean;
}

function optionsOf(args: string[]): Options {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args,
      options: {
        legacy: text,
        new: text,
        result: { ...text, default: 'result.json' },
        recording: { ...text, multiple: true },
        help: { type: 'boolean', default: false },
      },
    });
    const { legacy, recording, help } = values;
    return {
      legacy: origin('--legacy', legacy),
      new: origin('--new', values.new),
      recording,
      help,
      result: resolve(values.result),
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function origin(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.pathname === '/' && !url.search) return url.origin;
  throw new UsageError(
    `${option} must be the origin of a backend, such as http://127.0.0.1:5050, not "${text}"`,
  );
}

async function choose(names: string[] | undefined) {
  const all = await listRecordings(recordings);
  const unknown = names?.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no recording "${unknown}"; there are: ${all.join(', ') || 'none'}`);
  if (all.length === 0)
    throw new UsageError(`There is no recording in ${relative(process.cwd(), recordings)}.`);
  return Promise.all((names ?? all).map((name) => readRecording(join(recordings, `${name}.har`))));
}

async function backendsOf(options: Options) {
  const given = {
    ...(options.legacy && { startLegacy: runningElsewhere(options.legacy) }),
    ...(options.new && { startNew: runningElsewhere(options.new) }),
  };
  const { startLegacy, startNew } = given;
  if (startLegacy && startNew) return { startLegacy, startNew, close: async () => {} };
  const settings = readSettings(process.env, root);
  const report = (line: string) => console.error(line);
  const setup = await ensureSetup({ ...settings, root, report, env: process.env });
  return { ...(await freshBackends({ root, table: routeTable, ...setup })), ...given };
}

/** Divergences as they are found, and on a terminal how far it is. */
function show(exchanges: number): (compared: Compared) => void {
  const live = process.stdout.isTTY;
  let replayed = 0;
  return (compared) => {
    if (live) process.stdout.write('\r\x1b[K');
    if (compared.judgement.verdict === 'divergent')
      for (const line of divergenceLines(compared, paint)) console.log(line);
    if (compared.pair === 'recording-legacy') replayed += 1;
    if (live && replayed < exchanges)
      process.stdout.write(`${compared.recording}: ${replayed} of ${exchanges} exchanges`);
  };
}

function paint(style: Parameters<Paint>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
