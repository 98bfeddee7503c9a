// Plain JavaScript, as bootstrap.mjs is.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process started, in the system's own words; '' when none of that id runs. With it, an id that was given to
 * another process later is told from the first one.
 * @param {number} pid
 */
export function startOf(pid) {
  try {
    // Linux: the state and the 22nd field. The second may hold spaces and parentheses, so count from its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {}
  return ps(pid, 'lstart=');
}

/**
 * A process's command line; '' when none of that id runs.
 * @param {number} pid
 */
export function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {}
  return ps(pid, 'command=');
}

/**
 * @param {number} pid
 * @param {string} field
 */
function ps(pid, field) {
  try {
    /** @type {import('node:child_process').ExecFileSyncOptionsWithStringEncoding} */
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('ps', ['-o', field, '-p', String(pid)], options).trim();
  } catch {
    return '';
  }
}
