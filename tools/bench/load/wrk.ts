/** wrk: one thread of C. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from '../system/cores.ts';
import type { Load, LoadGenerator, LoadRequest } from './load.ts';

const run = promisify(execFile);

export function wrk(program: string, version: string): LoadGenerator {
  return {
    name: `wrk ${version}`,
    async run({ url, connections, seconds, core, request }) {
      const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency'];
      if (!request) return readWrk((await run(...pinned(core, program, [...args, url]))).stdout);
      const folder = await mkdtemp(join(tmpdir(), 'wrk-'));
      try {
        const script = join(folder, 'request.lua');
        await writeFile(script, luaOf(request));
        return readWrk((await run(...pinned(core, program, [...args, '-s', script, url]))).stdout);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

function luaOf({ method, type = 'application/json', body }: LoadRequest): string {
  const lines = [`wrk.method = "${method}"`];
  // Lua takes JSON's escapes of ASCII texts.
  if (body !== undefined)
    lines.push(`wrk.body = ${JSON.stringify(body)}`, `wrk.headers["Content-Type"] = ${JSON.stringify(type)}`);
  return `${lines.join('\n')}\n`;
}

const inMicroseconds: Record<string, number> = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000 };

/** @throws Error when the report lacks what it should have */
export function readWrk(report: string): Load {
  const latency = (percent: number) => {
    const [, value, unit = ''] = found(
      report,
      new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm'),
    );
    return Number(value) * (inMicroseconds[unit] ?? Number.NaN);
  };
  const notWell = Number(/Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? 0);
  const broken =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report)?.slice(1) ?? [];
  return {
    requestsPerSecond: Number(found(report, /^Requests\/sec:\s+([\d.]+)$/m)[1]),
    latency: { p50: latency(50), p99: latency(99) },
    failures: broken.map(Number).reduce((sum, count) => sum + count, notWell),
  };
}

function found(report: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(report);
  if (!match) throw new Error(`wrk's report has nothing like ${pattern}:\n${report}`);
  return match;
}
