/** Notices that a file may have changed. */
import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Not every file system reports changes (network mounts, containers); looking this often, in ms, costs next to nothing. */
export const POLL = 80;

/**
 * Calls `look` after each event in the folders of the file and of what it links to, and every 80 ms besides.
 * `look` is never called while it runs.
 * @returns a function that ends it.
 */
export async function watchFile(file: string, look: () => Promise<void>): Promise<() => void> {
  let running = false;
  let again = false;
  const run = async () => {
    again = running;
    if (running) return;
    running = true;
    do {
      again = false;
      await look();
    } while (again);
    running = false;
  };
  // The folder, not the file: an atomic replacement is another file of that name.
  const folders = new Set([dirname(file), dirname(await realpath(file).catch(() => file))]);
  const watchers = [...folders].flatMap((folder) => watchFolder(folder, () => void run()));
  const poll = setInterval(() => void run(), POLL);
  return () => {
    clearInterval(poll);
    for (const watcher of watchers) watcher.close();
  };
}

/** A system that cannot watch (no inotify left) is polled. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, onEvent);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
