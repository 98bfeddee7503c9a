/** `npm run bench -- routes` */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { positive } from '../../setup/options.ts';
import { table, whole } from '../table.ts';
import { type Measured, type RoutesRun, runRoutes } from './run.ts';

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
      if (run.rows.some(({ measured }) => measured.some((load) => load && load.failures > 0)))
        process.exitCode = 1;
    });
}

/** Of a read, times Flask's own server. */
const aims = { least: 5, aim: 15 };

function report({ setting, peers, rows, others }: RoutesRun): string {
  const head = ['', ...peers.map((peer) => `${peer}/s`), ...peers.map((peer) => `${peer} µs`)];
  head.push(...peers.slice(1).map((peer) => `× ${peer}`), 'failed');
  const lines = rows.map(({ name, measured }) => {
    const each = peers.map((_, at) => measured[at]);
    const failed = measured.reduce((sum, load) => sum + (load?.failures ?? 0), 0);
    return [
      name,
      ...each.map((load) => (load ? whole(load.requestsPerSecond) : '')),
      ...each.map((load) => (load ? whole(load.cpu) : '')),
      ...each.slice(1).map((load) => times(each[0], load)?.toFixed(1) ?? ''),
      failed === 0 ? '' : whole(failed),
    ];
  });
  const reads = rows.flatMap(({ name, kind, measured: [ours, flask] }) => {
    const reached = times(ours, flask);
    return kind === 'read' && reached !== undefined ? [{ name, reached }] : [];
  });
  const short = reads.filter(({ reached }) => reached < aims.least).map(({ name }) => name);
  const verdict = [
    short.length === 0
      ? `Every read is at least ${aims.least} times Flask's own server;`
      : `Less than ${aims.least} times Flask's own server: ${short.join(', ')};`,
    `${reads.filter(({ reached }) => reached >= aims.aim).length} of ${reads.length} reach ${aims.aim} times.`,
  ].join(' ');
  const explained = [
    'Requests a second, and processor time of one request with all processes of what is measured.',
    `Ratios are of processor time: other programs used ${whole(others * 100)} % of the machine.`,
  ];
  return `${['Banyan benchmark: the routes', ...setting.map((line) => `  ${line}`)].join('\n')}\n\n${table(head, lines)}\n\n${[...explained, verdict].join('\n')}\n`;
}

/** How many requests of ours take the processor time of one of theirs. */
function times(ours: Measured | undefined, theirs: Measured | undefined): number | undefined {
  return ours && theirs && theirs.cpu > 0 ? theirs.cpu / ours.cpu : undefined;
}
