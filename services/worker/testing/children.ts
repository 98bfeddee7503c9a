/** The ingestion children of this process (Linux). */
import { readdir, readFile } from 'node:fs/promises';
import { commandLine, startOf } from '@banyan/operations/processes/processes.mjs';

/** @param parent whose children */
export async function ingestionChildren(parent: number = process.pid): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== parent) continue;
    const pid = Number(name);
    if (startOf(pid) && commandLine(pid).includes('ingestion/child/main.ts')) found.push(pid);
  }
  return found;
}

/** @returns how many were killed */
export async function killChildren(parent?: number): Promise<number> {
  const children = await ingestionChildren(parent);
  for (const pid of children) process.kill(pid, 'SIGKILL');
  return children.length;
}
