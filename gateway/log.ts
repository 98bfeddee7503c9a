/** The log: one JSON line an event, on one screen. Bodies, paths and header values never go into it. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export type Logger = Pick<
  PinoLogger,
  'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'isLevelEnabled'
>;

/**
 * A log that is written in blocks, off the path of requests.
 * @param level `info` has a line a request
 */
export function createLog(level: string, destination: DestinationStream = inBlocks()): PinoLogger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Standard output in blocks of 4 KiB, or what there is after half a second. */
function inBlocks(): DestinationStream {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 4096 });
  setInterval(() => destination.flush(), 500).unref();
  process.once('exit', () => destination.flushSync());
  return destination;
}

/** A log that says nothing, for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
