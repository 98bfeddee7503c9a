/** How a gateway's process is named, so that another one can tell whether it still runs. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { startOf } from '@banyan/operations/processes/processes.mjs';

export interface ProcessName {
  host: string;
  /**
   * Where process ids mean the same: one boot of one machine, and one namespace of process ids, which each container has of
   * its own although its host name may be another one's. Undefined where the system does not tell.
   */
  place: string | undefined;
  pid: number;
  /** The start in the system's own words, as process ids come again. */
  started: string;
}

export function thisProcess(): ProcessName {
  return { host: hostname(), place: placeHere(), pid: process.pid, started: startOf(process.pid) };
}

/** Whether a process of the same place runs. One that is paused does; a zombie does not. */
export const runsHere = ({ pid, started }: Pick<ProcessName, 'pid' | 'started'>): boolean =>
  started !== '' && startOf(pid) === started;

function placeHere(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}
