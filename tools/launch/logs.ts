/** Where a start's logs go: files under `<data>/logs`, and what a person must see on the terminal too. */
import { closeSync, openSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createLog } from '@banyan/gateway/log.ts';
import { inBlocks } from '@banyan/gateway/log-blocks.ts';
import type { Settings } from '@banyan/gateway/settings.ts';
import { startTracing } from '@banyan/operations/tracing/start.ts';
import { type Logger, multistream } from 'pino';
import pretty from 'pino-pretty';
import { Outage } from '../../services/queue/log.ts';

const limit = 20 * 1024 * 1024;

/** Written in blocks, the last one at the exit of the process, however it comes to it. */
export interface LogFile {
  write(line: string): void;
  /** Writes what is waiting, at once. */
  flush(): void;
  /** What is written later is dropped. */
  close(): void;
}

/** Opens a log to append to. One that has grown large is put aside as `NAME.1`, in place of the one before. */
export async function openLogFile(path: string): Promise<LogFile> {
  await mkdir(dirname(path), { recursive: true });
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > limit) await rename(path, `${path}.1`);
  const file = openSync(path, 'a');
  const blocks = inBlocks(file);
  process.once('exit', blocks.flushSync);
  return {
    write: blocks.write,
    flush: blocks.flushSync,
    close() {
      process.off('exit', blocks.flushSync);
      blocks.close();
      closeSync(file);
    },
  };
}

/**
 * JSON lines at `level` into the file, with their trace where there is one; warnings and worse on the terminal as well, for
 * people. Tracing is started before.
 */
export function startLog(level: string, file: LogFile): Logger {
  const terminal = pretty({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  });
  const streams = multistream([
    { level: 'trace', stream: file },
    { level: 'warn', stream: terminal },
    // Comes after the file: what may be the last line of a process that is killed is on the disk.
    { level: 'error', stream: { write: () => file.flush() } },
  ]);
  return createLog(level, streams, file);
}

/**
 * A process' log, and its traces where the settings say where they go.
 * @param serviceName what the process is called in traces, unless the settings say
 */
export async function startLogAndTracing(
  { logLevel, tracing: settings }: Pick<Settings, 'logLevel' | 'tracing'>,
  file: LogFile,
  serviceName: string,
): Promise<{ log: Logger; tracing: { close(): Promise<void> } }> {
  let outage: Outage | undefined;
  const tracing = await startTracing({
    settings,
    serviceName,
    onDelivery: (fault) => (fault ? outage?.began(fault) : outage?.ended()),
  });
  const log = startLog(logLevel, file);
  outage = new Outage(log, {
    away: 'Traces cannot be delivered; those of the meantime are lost.',
    back: 'Traces are delivered again.',
  });
  return { log, tracing };
}
