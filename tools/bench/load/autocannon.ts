/** autocannon: where wrk is not installed. Its latencies are whole milliseconds. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { pinned } from '../system/cores.ts';
import type { Load, LoadGenerator } from './load.ts';

const run = promisify(execFile);
const { resolve } = createRequire(import.meta.url);

export function autocannon(): LoadGenerator {
  const program = resolve('autocannon');
  const { version } = JSON.parse(readFileSync(resolve('autocannon/package.json'), 'utf8')) as {
    version: string;
  };
  return {
    name: `autocannon ${version} (apt-get install wrk makes this run less noisy)`,
    async run({ url, connections, seconds, core, request }) {
      const args = [program, '--json', '--no-progress', '-c', `${connections}`, '-d', `${seconds}`];
      if (request) args.push('-m', request.method);
      if (request?.body !== undefined)
        args.push('-b', request.body, '-H', `Content-Type=${request.type ?? 'application/json'}`);
      args.push(url);
      return readAutocannon((await run(...pinned(core, process.execPath, args))).stdout);
    },
  };
}

interface Report {
  requests: { average: number };
  latency: { p50: number; p99: number };
  non2xx: number;
  errors: number;
  timeouts: number;
}

function readAutocannon(report: string): Load {
  const { requests, latency, non2xx, errors, timeouts } = JSON.parse(report) as Report;
  return {
    requestsPerSecond: requests.average,
    latency: { p50: latency.p50 * 1000, p99: latency.p99 * 1000 },
    failures: non2xx + errors + timeouts,
  };
}
