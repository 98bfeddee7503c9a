/** The log: one JSON line an event, on one screen. Bodies, paths and header values never go into it. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { inBlocks } from './log-blocks.ts';

export type Logger = Pick<
  PinoLogger,
  'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'isLevelEnabled'
>;

/**
 * A log that is written in blocks, off the path of requests.
 * @param level `info` has a line a request
 */
export function createLog(level: string, destination: DestinationStream = standardOutput()): PinoLogger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function standardOutput(): DestinationStream {
  const blocks = inBlocks(1);
  process.once('exit', () => blocks.flushSync());
  return blocks;
}

/** A log that says nothing, for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
