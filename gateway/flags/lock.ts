/**
 * One process at a time changes the flag file and what is recorded of it: a gateway, or a command while none runs.
 * The lock is a file with the process id in it, held for milliseconds. It is not `operations/processes/lock.mjs`, which a living
 * holder keeps for as long as it likes: this one is broken after two seconds, and work goes on without it where the disk is full.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A lock this old, in milliseconds, was left behind, even where a process of that id runs (ids are used again). */
const LEFT_BEHIND = 2000;

/**
 * Runs `work` under the lock. Where no lock can be taken at all (a full or read-only disk), `work` runs without it:
 * a rollback must not fail for want of one.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const held = await take(file);
  try {
    return await work();
  } finally {
    if (held) await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid)).finally(() => handle.close());
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && (await makeFolder(file))) continue;
      if (code !== 'EEXIST') return false;
    }
    if (await leftBehind(file)) await breakLock(file);
    else await pause(3);
  }
}

const makeFolder = (file: string): Promise<boolean> =>
  mkdir(dirname(file), { recursive: true }).then(
    () => true,
    () => false,
  );

async function leftBehind(file: string): Promise<boolean> {
  const [owner, info] = await Promise.all([
    readFile(file, 'utf8').catch(() => undefined),
    stat(file).catch(() => undefined),
  ]);
  if (owner === undefined || info === undefined) return false;
  // An empty lock is one that is being written.
  return Date.now() - info.mtimeMs > LEFT_BEHIND || (owner !== '' && !alive(Number(owner)));
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Two processes may break it at once; a rename succeeds for one of them. */
async function breakLock(file: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
