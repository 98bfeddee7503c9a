/** `npm run bench -- proxy` */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { positive } from '../../setup/options.ts';
import { reportObserved, runObserved } from './observability.ts';
import { report } from './report.ts';
import { type Result, run } from './run.ts';

interface Options {
  seconds: number;
  rounds: number;
  only: string;
  uploads: boolean;
  observability: boolean;
  processes: number;
  json?: string;
}

export function proxyCommand(): Command {
  return new Command('proxy')
    .description(
      'the gateway against nginx, HAProxy, fast-proxy, http-proxy-middleware and bare Node proxies',
    )
    .option('--seconds <n>', 'length of one measurement', positive, 3)
    .option('--rounds <n>', 'rounds, in which the proxies take turns', positive, 3)
    .option('--only <names>', 'parts of names, with commas: gateway,nginx', '')
    .option('--no-uploads', 'leave out the memory of uploads')
    .option('--observability', 'the gateway alone, with more and more of logs, metrics and traces', false)
    .option('--processes <n>', 'with --observability: how often the processes are started anew', positive, 5)
    .option('--json <file>', 'write every round to a file')
    .action(async ({ only, json, observability, processes, ...options }: Options) => {
      const progress = (text: string) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
      };
      const conditions = { ...options, pin: true, only: only.split(',').filter(Boolean), progress };
      const result = await (observability ? runObserved({ ...conditions, processes }) : run(conditions));
      progress('');
      if (json) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
      process.stdout.write(observability ? reportObserved(result) : report(result));
      if (result.results.some(isFaulty)) process.exitCode = 1;
    });
}

function isFaulty({ measured }: Result): boolean {
  if (!measured) return false;
  return measured.failures > 0 || (measured.uploads !== undefined && 'fault' in measured.uploads);
}
