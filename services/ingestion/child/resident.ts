/** How much memory a process and those it started take. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @returns resident bytes of the process group; 0 once it has ended */
export async function residentBytes(group: number): Promise<number> {
  try {
    return process.platform === 'linux' ? await fromProc(group) : await fromPs(group);
  } catch {
    return 0;
  }
}

async function fromProc(pid: number): Promise<number> {
  const [status, children] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    // Not every kernel lists them.
    readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''),
  ]);
  const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  const others = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((child) => residentBytes(Number(child))),
  );
  return others.reduce((sum, bytes) => sum + bytes, own);
}

async function fromPs(group: number): Promise<number> {
  const { stdout } = await run('ps', ['-A', '-o', 'pgid=,rss=']);
  let kilobytes = 0;
  for (const line of stdout.split('\n')) {
    const [pgid, rss] = line.trim().split(/\s+/).map(Number);
    if (pgid === group) kilobytes += rss ?? 0;
  }
  return kilobytes * 1024;
}
