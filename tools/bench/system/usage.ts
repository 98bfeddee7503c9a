/** What processes use, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const MICROSECONDS_A_TICK = 10_000;
const KIB = 1024;

export interface Usage {
  /** Processor time since the start, user and system, in microseconds. */
  cpu: number;
  /** Resident memory in bytes. */
  memory: number;
}

/** Whether this machine has /proc. */
export function canMeasure(): boolean {
  return usageOf([process.pid]).memory > 0;
}

/** The usage of processes with all their descendants. Pages that several of them share count once for each. */
export function usageOf(pids: readonly number[]): Usage {
  const total = { cpu: 0, memory: 0 };
  for (const pid of tree(pids)) {
    total.cpu += cpuOf(read(`/proc/${pid}/stat`));
    total.memory += residentOf(read(`/proc/${pid}/status`));
  }
  return total;
}

/** Processor time of a process with all its descendants, those that have ended and were waited for too, in microseconds. */
export function cpuOfAll(pid: number): number {
  let total = 0;
  for (const each of tree([pid])) {
    const stat = read(`/proc/${each}/stat`);
    total += cpuOf(stat) + endedChildren(stat);
  }
  return total;
}

/** User and system time of a `/proc/PID/stat` line; the program's name in it may have spaces and parentheses. */
export function cpuOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MICROSECONDS_A_TICK;
}

export function residentOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIB;
}

/** Takes the highest memory of processes until it is told to stop. */
export function watchMemory(pids: readonly number[], everyMs = 20): () => number {
  let peak = usageOf(pids).memory;
  const timer = setInterval(() => {
    peak = Math.max(peak, usageOf(pids).memory);
  }, everyMs);
  return () => {
    clearInterval(timer);
    return Math.max(peak, usageOf(pids).memory);
  };
}

/**
 * Takes the processor time of programs that this process did not start until it is told to stop.
 * @returns their share of all cores, 0 to 1
 */
export function watchOthers(): () => number {
  const start = performance.now();
  const before = busy(read('/proc/stat')) - ours();
  return () => {
    const elapsed = (performance.now() - start) * 1000 * cpus().length;
    return Math.max(0, (busy(read('/proc/stat')) - ours() - before) / elapsed);
  };
}

/** What this process and its children used, those that have ended and were waited for too. */
function ours(): number {
  return usageOf([process.pid]).cpu + endedChildren(read('/proc/self/stat'));
}

function endedChildren(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * MICROSECONDS_A_TICK;
}

/** The time of all cores that was neither idle nor the host's, from `/proc/stat`. */
export function busy(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq) * MICROSECONDS_A_TICK;
}

function tree(pids: readonly number[]): Set<number> {
  const found = new Set<number>();
  const visit = (pid: number) => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of childrenOf(pid)) visit(child);
  };
  pids.forEach(visit);
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** A process may be gone by the time it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
