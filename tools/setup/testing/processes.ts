/** Real processes for the tests of tools/setup/ and tools/launch/. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { eachLine } from '@banyan/operations/processes/child.mjs';
import { startOf } from '@banyan/operations/processes/processes.mjs';

export interface TestProcess {
  pid: number;
  child: ChildProcess;
  /** What it has printed so far, both streams. */
  lines: string[];
  text(): string;
  /** Resolves when it prints a line that fits. Fails when it ends before that. */
  line(pattern: RegExp): Promise<string>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const running = new Set<ChildProcess>();

/** For `afterEach`: a test that failed must not leave its processes behind. */
export function killStarted(): void {
  for (const { pid } of running)
    try {
      if (pid) process.kill(-pid, 'SIGKILL');
    } catch {}
}

/** Starts a command in a process group of its own, as a terminal does. */
export function startProcess(command: string, args: string[], options: SpawnOptions = {}): TestProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, (line) => lines.push(line));
  let over = false;
  running.add(child);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      running.delete(child);
      resolve({ code, signal });
    });
  });
  ended.catch(() => {});
  return {
    pid: child.pid ?? 0,
    child,
    lines,
    ended,
    text: () => lines.join('\n'),
    line: async (pattern) => {
      const find = () => lines.find((line) => pattern.test(line));
      await until(() => find() !== undefined || over, 120_000);
      const found = find();
      if (found === undefined) throw new Error(`It never said ${pattern}, but:\n${lines.join('\n')}`);
      return found;
    },
  };
}

/** Resolves when the condition holds. The patience is a bound for what hangs: what runs at low priority may have to wait long. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  patience = 60_000,
  what = 'the condition',
): Promise<void> {
  for (const end = Date.now() + patience; !(await condition()); await delay(20))
    if (Date.now() > end) throw new Error(`Waited ${patience} ms in vain for ${what}`);
}

export const isRunning = (pid: number) => startOf(pid) !== '';

/** The process and everything that it started, and that started in turn (Linux). */
export function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {}
  const members = [pid];
  for (const member of members)
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  return members;
}
