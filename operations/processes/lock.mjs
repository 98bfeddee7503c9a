// Plain JavaScript, as bootstrap.mjs is: it runs before Node 24 is installed. It is not `gateway/flags/lock.ts`, which is broken
// after two seconds: a holder of this one may live for days, and its start time tells it from a later process with its id.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startOf } from './processes.mjs';

/**
 * Does `work` while no other process holds the lock at `path`; waits for one that does.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ onWait?: (pid: number) => void, signal?: AbortSignal | undefined }} [options] `onWait` is called once, with
 *   the holder's process id, when there is something to wait for.
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { onWait, signal } = {}) {
  let waited = false;
  let lock = takeLock(path);
  while ('heldBy' in lock) {
    if (!waited) onWait?.(lock.heldBy);
    waited = true;
    await delay(100, undefined, signal ? { signal } : {});
    lock = takeLock(path);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * Takes the lock at `path`, a file, unless a living process holds it. A lock whose holder has died, by whatever means,
 * is taken over.
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }} the holder's process id
 */
export function takeLock(path) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${process.pid} ${startOf(process.pid)}`;
  while (!create(path, mine)) {
    const holder = read(path);
    if (holder === undefined) continue;
    if (isAlive(holder)) return { heldBy: Number.parseInt(holder, 10) };
    takeOver(path, holder);
  }
  return {
    release: () => {
      if (read(path) === mine) rmSync(path, { force: true });
    },
  };
}

/** @param {string} holder */
function isAlive(holder) {
  const [pid = '', ...start] = holder.split(' ');
  const now = startOf(Number(pid));
  return now !== '' && now === start.join(' ');
}

/**
 * The file appears whole or not at all: a reader never sees a lock without its holder.
 * @param {string} path
 * @param {string} mine
 */
function create(path, mine) {
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
