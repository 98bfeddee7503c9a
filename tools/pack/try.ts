/** Installs the package as somebody would who has nothing else, and starts it in front of a server of their own. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that nothing is in. */
export function temporary(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'packed-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** @returns what is on the disk afterwards */
export function installInto(folder: string, tarball: string): { megabytes: number } {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  execFileSync(
    'npm',
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const [size = ''] = execFileSync('du', ['-sm', join(folder, 'node_modules')], { encoding: 'utf8' }).split(
    '\t',
  );
  return { megabytes: Number(size) };
}

export interface Started {
  /** Of Node. */
  version: string;
  /** Milliseconds from the start of the process to its saying where it is. */
  readyAfter: number;
  /** Milliseconds of processor time until then: on a quiet machine about the same, on a busy one the fairer measure. */
  worked: number;
  /** Megabytes after the requests. */
  resident: number;
  /** What the clients got, each once. */
  answers: Set<string>;
  exitCode: number | null;
  output: string;
}

const requests = 200;

/**
 * Starts the installed command in front of a plain server, asks it 200 times, and stops it.
 * @param node the program to run it with
 * @param flags the flag file; the command makes its own unless given
 */
export async function startInstalled(folder: string, node: string, flags?: string): Promise<Started> {
  const backend = createServer((incoming, answer) => answer.end(`seen ${incoming.method} ${incoming.url}`));
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const { port } = backend.address() as AddressInfo;
  // Of its own: where a flag file has a fault, the last good one that this folder remembers stays in force.
  const data = mkdtempSync(join(folder, 'data-'));
  if (flags !== undefined) writeFileSync(join(data, 'flags.yaml'), flags);
  const program = join(folder, 'node_modules/.bin/banyan-gateway');
  const begun = performance.now();
  const child = spawn(node, [program, 'serve', `http://127.0.0.1:${port}`], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: '0',
      CONSOLE_PORT: '0',
      BANYAN_DATA: data,
      BANYAN_FLAGS: join(data, 'flags.yaml'),
      BANYAN_RECORDINGS: join(data, 'recordings'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let output = '';
  try {
    const url = await new Promise<string | undefined>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, found] = /^Gateway\s+(http:\S+?),/m.exec(output) ?? [];
        if (found) resolve(found);
      });
      child.once('close', () => resolve(undefined));
    });
    const readyAfter = Math.round(performance.now() - begun);
    const worked = url ? workedBy(child.pid ?? 0) : 0;
    const answers = new Set<string>();
    for (let asked = 0; url && asked < requests; asked++)
      answers.add(await (await fetch(`${url}/some/path?x=1`)).text());
    const resident = url ? residentOf(child.pid ?? 0) : 0;
    child.kill('SIGTERM');
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    return { version, readyAfter, worked, resident, answers, exitCode: await ended, output };
  } finally {
    child.kill('SIGKILL');
    await ended;
    backend.close();
  }
}

/** Linux. */
function residentOf(pid: number): number {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

/** Linux: user and system time, in hundredths of a second. */
function workedBy(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
