/** `npm run bench -- routes` */
import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { table, whole } from '../table.ts';
import { type RoutesRun, runRoutes } from './run.ts';

interface Options {
  seconds: number;
  chats: number;
  only: string;
  json?: string;
}

export function routesCommand(): Command {
  return new Command('routes')
    .description("each route of the new backend against Flask's own server and gunicorn, a core each")
    .option('--seconds <n>', 'length of one measurement', positive, 2)
    .option('--chats <n>', 'chats that there are', positive, 1000)
    .option('--only <names>', 'parts of names, with commas: GET,rename', '')
    .option('--json <file>', 'write what was measured to a file')
    .action(async ({ only, json, ...options }: Options) => {
      const progress = (text: string) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
      };
      const run = await runRoutes({ ...options, only: only.split(',').filter(Boolean), progress });
      progress('');
      if (json) writeFileSync(json, `${JSON.stringify(run, null, 2)}\n`);
      process.stdout.write(report(run));
      if (run.rows.some(({ loads }) => loads.some((load) => load && load.failures > 0))) process.exitCode = 1;
    });
}

/** Of a read, times Flask's own server. */
const aims = { least: 5, aim: 15 };

function report({ setting, peers, rows }: RoutesRun): string {
  const head = ['requests a second', ...peers, ...peers.slice(1).map((peer) => `× ${peer}`), 'failed'];
  const lines = rows.map(({ name, loads }) => {
    const rates = peers.map((_, at) => loads[at]?.requestsPerSecond);
    const [ours = 0, ...theirs] = rates;
    const failed = loads.reduce((sum, load) => sum + (load?.failures ?? 0), 0);
    return [
      name,
      ...rates.map((rate) => (rate === undefined ? '' : whole(rate))),
      ...theirs.map((rate) => (rate ? (ours / rate).toFixed(1) : '')),
      failed === 0 ? '' : whole(failed),
    ];
  });
  const reads = rows.filter(({ kind }) => kind === 'read');
  const times = reads.flatMap(({ name, loads }) => {
    const [ours, flask] = loads;
    return ours && flask ? [{ name, times: ours.requestsPerSecond / flask.requestsPerSecond }] : [];
  });
  const short = times.filter((each) => each.times < aims.least).map((each) => each.name);
  const verdict = [
    `Reads: ${short.length === 0 ? `all at least ${aims.least} times Flask's own server` : `less than ${aims.least} times Flask's own server: ${short.join(', ')}`};`,
    `${times.filter((each) => each.times >= aims.aim).length} of ${times.length} reach ${aims.aim} times.`,
  ].join(' ');
  return `${['Banyan benchmark: the routes', ...setting.map((line) => `  ${line}`)].join('\n')}\n\n${table(head, lines)}\n\n${verdict}\n`;
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('must be a whole number from 1');
  return number;
}
