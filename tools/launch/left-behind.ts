/**
 * The legacy app outlives a start that is killed outright (SIGKILL): it has a process group of its own. The next start on
 * the same data finds it by its note, and stops it.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine, startOf } from '@banyan/operations/processes/processes.mjs';

interface Note {
  pid: number;
  /** When the process started, in the system's words: its id may be another's by now. */
  started: string;
}

/** Notes that this process is ours to stop, should we not get to it. */
export async function noteProcess(file: string, pid: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ pid, started: startOf(pid) } satisfies Note));
}

/**
 * Stops the process of the note, if it still runs and `command` is in its command line.
 * @returns its id, when there was something to stop
 */
export async function stopLeftBehind(file: string, command: string): Promise<number | undefined> {
  const note = await readNote(file);
  if (!note) return undefined;
  const isThere = () => startOf(note.pid) === note.started;
  const isOurs = isThere() && commandLine(note.pid).includes(command);
  if (isOurs) {
    process.kill(note.pid, 'SIGTERM');
    for (let waited = 0; isThere() && waited < 3000; waited += 50) await delay(50);
    if (isThere()) process.kill(note.pid, 'SIGKILL');
    while (isThere()) await delay(20);
  }
  await rm(file, { force: true });
  return isOurs ? note.pid : undefined;
}

async function readNote(file: string): Promise<Note | undefined> {
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Partial<Note>;
    return note.pid && note.started ? { pid: note.pid, started: note.started } : undefined;
  } catch {
    return undefined;
  }
}
