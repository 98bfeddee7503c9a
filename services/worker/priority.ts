/** The processors go to what is fresh first. */
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

const lowest = constants.priority.PRIORITY_LOW;

/** Takes a process, which leads a session, and all that it starts from now on, behind everything else on the machine. */
export function lowerPriority(pid: number): void {
  try {
    setPriority(pid, lowest);
  } catch {
    // It has ended.
  }
  // Linux may share the processors by session first, sched(7): then a priority counts within its session alone.
  if (process.platform === 'linux') writeFile(`/proc/${pid}/autogroup`, String(lowest)).catch(() => {});
}
