/** Writes lines to a file descriptor in blocks. */
import { writeSync } from 'node:fs';

/** Bytes. A write of this many costs what four of a single line do. */
const BLOCK = 64 * 1024;
/** Milliseconds until a line is written that no block fills up around. */
const PATIENCE = 200;
/** Milliseconds until a reader who could take no more is asked again. */
const LATER = 10;

export interface Blocks {
  /** @param line one or more, each with its line end */
  write(line: string): void;
  /** Writes what is waiting, at once. */
  flushSync(): void;
  /** Writes what is waiting, and drops what comes later: the descriptor may be closed then, and be another file's. */
  close(): void;
}

/**
 * Synchronous, as `console.log` is towards files and pipes: in order, and whole at the exit. In blocks of this size that is
 * 0.2 µs for a line. pino's own destination measures all that is waiting at every line, or wakes a thread for each block,
 * which cost 5 and 13 µs of a request on one core (docs/decisions/0003-forwarder.md).
 * @param fd is never closed; lines are dropped once nobody can read them
 */
export function inBlocks(fd: number): Blocks {
  const block = Buffer.allocUnsafeSlow(BLOCK);
  let used = 0;
  let isClosed = false;
  const flushSync = () => {
    const written = block.subarray(0, used);
    used = 0;
    if (written.byteLength > 0) writeWhole(fd, written);
  };
  const timer = setInterval(flushSync, PATIENCE).unref();
  return {
    write(line) {
      if (isClosed) return;
      const longest = 3 * line.length;
      if (longest > BLOCK - used) flushSync();
      if (longest > BLOCK) writeWhole(fd, Buffer.from(line));
      else used += block.write(line, used);
    },
    flushSync,
    close() {
      flushSync();
      isClosed = true;
      clearInterval(timer);
    },
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
