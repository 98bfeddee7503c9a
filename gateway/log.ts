/** The log: one JSON line an event, on one screen. Bodies, paths and header values never go into it. */
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { logOptions } from '../tracing/spans.ts';
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
  const options = { level, base: null, timestamp: isoTime() };
  return pino({ ...options, ...logOptions() }, destination);
}

/** As pino's own, with the second written out once for all lines of it. */
function isoTime(): () => string {
  let second = Number.NaN;
  let upToSecond = '';
  return () => {
    const now = Date.now();
    const ms = now % 1000;
    if (now - ms !== second) {
      second = now - ms;
      upToSecond = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
    }
    return `${upToSecond}${String(ms).padStart(3, '0')}Z"`;
  };
}

function standardOutput(): DestinationStream {
  const blocks = inBlocks(1);
  process.once('exit', () => blocks.flushSync());
  return blocks;
}

/** A log that says nothing, for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
