/** Writes lines to a file descriptor in blocks. */
import { writeSync } from 'node:fs';

/** Characters. A write of this many costs what two of a single line do. */
const BLOCK = 16 * 1024;
/** Milliseconds until a line is written that no block fills up around. */
const PATIENCE = 500;
/** Milliseconds until a reader who could take no more is asked again. */
const LATER = 10;

export interface Blocks {
  write(line: string): void;
  /** Writes what is waiting, at once. */
  flushSync(): void;
}

/**
 * Synchronous, as `console.log` is towards files and pipes: in order, and whole at the exit. In blocks of this size that is
 * 0.2 µs for a line. pino's own destination measures all that is waiting at every line, or wakes a thread for each block,
 * which cost 5 and 13 µs of a request on one core (docs/decisions/0003-forwarder.md).
 * @param fd is never closed; lines are dropped once nobody can read them
 */
export function inBlocks(fd: number): Blocks {
  let lines: string[] = [];
  let waiting = 0;
  const flushSync = () => {
    if (waiting === 0) return;
    const block = Buffer.from(lines.join(''));
    lines = [];
    waiting = 0;
    writeWhole(fd, block);
  };
  setInterval(flushSync, PATIENCE).unref();
  return {
    write(line) {
      lines.push(line);
      waiting += line.length;
      if (waiting >= BLOCK) flushSync();
    },
    flushSync,
  };
}

function writeWhole(fd: number, block: Buffer): void {
  for (let left = block; left.byteLength > 0; ) {
    try {
      left = left.subarray(writeSync(fd, left));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LATER);
    }
  }
}
