/** What processes use, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

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
