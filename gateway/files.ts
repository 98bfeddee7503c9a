/** Reading a file that somebody may be writing, and writing one that somebody may be reading. */
import { readFileSync, renameSync } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A text, or the reason why there is none. */
export type FileText = { text: string } | { missing: true } | { unreadable: string };

/** Reads a file as UTF-8, one of more than `most` bytes not at all. Never throws. */
export async function readText(file: string, most = Number.POSITIVE_INFINITY): Promise<FileText> {
  try {
    if (Number.isFinite(most) && (await stat(file)).size > most)
      return { unreadable: `it is larger than ${Math.round(most / 1000)} KB` };
    return { text: await readFile(file, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { missing: true } : { unreadable: message };
  }
}

export const sameText = (a: FileText, b: FileText) => JSON.stringify(a) === JSON.stringify(b);

/** Milliseconds between two reads of a file that may still be written. */
const step = 20;

/** Waits for so many milliseconds. */
export type Pause = (milliseconds: number) => Promise<unknown>;

/**
 * Reads a file once nobody is in the middle of writing it: until it has stayed the same for as long as `calm` asks, in
 * milliseconds. Many editors empty a file and then write it, or move it away and then make a new one.
 * @returns undefined where it did not come to rest within a second.
 */
export async function readStable(
  file: string,
  calm: (read: FileText) => number,
  { most = Number.POSITIVE_INFINITY, wait = pause }: { most?: number; wait?: Pause | undefined } = {},
): Promise<FileText | undefined> {
  const start = performance.now();
  let read = await readText(file, most);
  let needed = calm(read);
  // Between the end of one read and the beginning of another: on a busy machine the steps take longer than they say.
  let since = performance.now();
  while (since - start < 1000) {
    await wait(step);
    const now = performance.now();
    const again = await readText(file, most);
    if (!sameText(read, again)) {
      read = again;
      needed = calm(read);
      since = performance.now();
    } else if (now - since >= needed) return read;
  }
  return undefined;
}

/** The file was changed by somebody else since it was read. */
export class ChangedMeanwhile extends Error {}

let written = 0;

export interface ReplaceOptions {
  /** What the file must still hold; otherwise nothing is written. */
  expected?: FileText | undefined;
  /** False: it need not outlive a loss of power, which spares the wait for the disk. */
  durable?: boolean;
}

/**
 * Replaces a file's text in one step, so that a reader sees the old text or the new one, whole. Mode and owner stay,
 * a symlink stays one.
 * @throws ChangedMeanwhile, or the system's error (`EACCES`, `ENOSPC`, …), after which the file is as it was.
 */
export async function replaceFile(file: string, text: string, options: ReplaceOptions = {}): Promise<void> {
  const { expected, durable = true } = options;
  const target = await realpath(file).catch(() => file);
  const before = await stat(target).catch(() => undefined);
  written += 1;
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.${written}.tmp`);
  try {
    const handle = await open(temporary, 'w', 0o666);
    try {
      await handle.writeFile(text);
      if (before) await keepRights(handle, before);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    // Compared and renamed in one turn: an edit in between would be lost.
    if (expected && !sameText(expected, readNow(target))) throw new ChangedMeanwhile(file);
    renameSync(temporary, target);
  } catch (error) {
    // The first error says what is wrong.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  if (durable) await syncFolder(dirname(target));
}

function readNow(file: string): FileText {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { missing: true } : { unreadable: message };
  }
}

async function keepRights(
  handle: FileHandle,
  before: { mode: number; uid: number; gid: number },
): Promise<void> {
  // Only root may give a file away; anyone else keeps it in their own name.
  await handle.chown(before.uid, before.gid).catch(() => undefined);
  await handle.chmod(before.mode & 0o7777);
}

/** Makes a rename durable. Some systems cannot open a folder; there it is the best that can be done. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
