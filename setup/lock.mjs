// Plain JavaScript, as bootstrap.mjs is: it runs before Node 24 is installed.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Does `work` while no other process holds the lock at `path`, a file; waits for one that does. A lock whose holder has
 * died, by whatever means, is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (pid: number) => void, signal?: AbortSignal | undefined }} [options] `onWait` is called once, with
 *   the holder's process id, when there is something to wait for.
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait, signal } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${startOf(process.pid)}`;
  let waited = false;
  while (!tryTake(path, mine)) {
    const holder = read(path);
    if (holder !== undefined && !isAlive(holder)) takeOver(path, holder);
    else {
      if (!waited && holder !== undefined) onWait?.(Number.parseInt(holder, 10));
      waited = true;
      await delay(100, undefined, signal ? { signal } : {});
    }
  }
  try {
    return await work();
  } finally {
    if (read(path) === mine) rmSync(path, { force: true });
  }
}

/**
 * When a process started, in the system's own words; '' when there is none of that id. With it, an id that was given
 * to another process later is told from the first one.
 * @param {number} pid
 */
export function startOf(pid) {
  try {
    // Linux: the 22nd field; the second may hold spaces and parentheses, so count from its end.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {}
  try {
    /** @type {import('node:child_process').ExecFileSyncOptionsWithStringEncoding} */
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim();
  } catch {
    return '';
  }
}

/** @param {string} holder */
function isAlive(holder) {
  const [pid = '', ...start] = holder.split(' ');
  return startOf(Number(pid)) === start.join(' ');
}

/**
 * The file appears whole or not at all: a reader never sees a lock without its holder.
 * @param {string} path
 * @param {string} mine
 */
function tryTake(path, mine) {
  const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, mine);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Moves a dead holder's file away. Two may try at once, and the slower one may get hold of the file that the faster one
 * has made since: it puts that back.
 * @param {string} path
 * @param {string} holder
 */
function takeOver(path, holder) {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
    if (read(aside) !== holder) linkSync(aside, path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
