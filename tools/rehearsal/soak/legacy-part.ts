/** The legacy app of the soak: it is killed outright and comes back with what it has on the disk. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type LegacyOptions, type LegacyProcess, startLegacy } from '../../launch/legacy.ts';

export interface LegacyPart {
  url: string;
  /** Kills it and starts it again, at the same address. Resolves when it listens. */
  killed(): Promise<void>;
  stop(): Promise<void>;
}

/** How long a moment may take to come at which no file is half written, in milliseconds. */
const patience = 10_000;

export async function startLegacyPart(options: LegacyOptions): Promise<LegacyPart> {
  let running: LegacyProcess = await startLegacy(options);
  return {
    url: running.url,
    async killed() {
      await stoppedWhole(running.pid, options.folder);
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
      running = await startLegacy(options);
    },
    stop: () => running.stop(),
  };
}

/**
 * Stops the process at a moment at which its files are whole. Legacy writes them in place, so that a kill in between loses all chats,
 * with or without a gateway in front of it.
 */
async function stoppedWhole(pid: number, folder: string): Promise<void> {
  for (const end = performance.now() + patience; performance.now() < end; await pause(5)) {
    process.kill(pid, 'SIGSTOP');
    // The signal reaches each of its threads a moment later.
    await pause(5);
    if (await areWhole(folder)) return;
    process.kill(pid, 'SIGCONT');
  }
  throw new Error('Legacy is writing its files all the time.');
}

async function areWhole(folder: string): Promise<boolean> {
  const files = (await readdir(folder)).filter((name) => /^(chat_history|memory_.*)\.json$/.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.every(isWhole);
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
