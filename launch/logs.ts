/** Where a start's logs go: files under `<data>/logs`, and what a person must see on the terminal too. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Logger, multistream, pino } from 'pino';
import pretty from 'pino-pretty';

const limit = 20 * 1024 * 1024;

/** Opens a log to append to. One that has grown large is put aside as `NAME.1`, in place of the one before. */
export async function openLogFile(path: string): Promise<WriteStream> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > limit) await rename(path, `${path}.1`);
  return createWriteStream(path, { flags: 'a' });
}

/** JSON lines at `level` into the file; warnings and worse on the terminal as well, for people. */
export function startLog(level: string, file: WriteStream): Logger {
  const terminal = pretty({
    ...{ destination: 2, sync: true, colorize: process.stderr.isTTY, ignore: 'pid,hostname' },
    translateTime: 'SYS:HH:MM:ss',
  });
  const streams = multistream([
    { level: 'trace', stream: file },
    { level: 'warn', stream: terminal },
  ]);
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, streams);
}
