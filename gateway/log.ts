/** The log: one JSON line an event, on one screen. Bodies, paths and header values never go into it. */

import { logOptions } from '@banyan/operations/tracing/spans.ts';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { inBlocks } from './log-blocks.ts';

export type Logger = Pick<
  PinoLogger,
  'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'isLevelEnabled'
>;

/** Where the lines of a log at `info` go, for who puts them together without pino. */
const ofInfo = new WeakMap<object, DestinationStream>();

/**
 * A log that is written in blocks, off the path of requests.
 * @param level `info` has a line a request
 * @param info where alone lines at `info` go, if the destination looks at the level
 */
export function createLog(
  level: string,
  destination: DestinationStream = standardOutput(),
  info: DestinationStream = destination,
): PinoLogger {
  const time = isoTime();
  const timestamp = () => `,"time":"${time(Date.now())}"`;
  const log = pino({ level, base: null, timestamp, ...logOptions() }, destination);
  ofInfo.set(log, info);
  return log;
}

/** Lines at `info` that are put together by who writes them: pino takes three times as long for one. */
export interface InfoLines {
  /** How a line begins: `{"level":30,"time":"…"`. @param at milliseconds, as `Date.now()` says */
  head(at: number): string;
  /** @param lines whole ones, as pino writes them, each with its line end */
  write(lines: string): void;
}

/** @throws Error of a log that `createLog` has not made */
export function infoLines(log: Logger): InfoLines {
  const time = isoTime();
  const destination = ofInfo.get(log);
  if (!destination) throw new Error('Only a log that createLog has made takes whole lines.');
  return {
    head: (at) => `{"level":30,"time":"${time(at)}"`,
    write: (lines) => void destination.write(lines),
  };
}

/** `Date.toISOString`, with the second written out once for all moments of it. */
function isoTime(): (at: number) => string {
  let second = Number.NaN;
  let upToSecond = '';
  return (at) => {
    const ms = at % 1000;
    if (at - ms !== second) {
      second = at - ms;
      upToSecond = new Date(second).toISOString().slice(0, -4);
    }
    return `${upToSecond}${String(ms).padStart(3, '0')}Z`;
  };
}

function standardOutput(): DestinationStream {
  const blocks = inBlocks(1);
  process.once('exit', () => blocks.flushSync());
  return blocks;
}

/** A log that says nothing, for tests. */
export const silentLog: Logger = createLog('silent', { write: () => {} });
