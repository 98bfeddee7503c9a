/** Reads one PDF in a process of its own, so that no PDF takes the worker down. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../../at-exit.ts';
import type { Chunk } from '../chunks.ts';
import type { PageProgress } from '../loader.ts';
import { type FromChild, type IngestionRequest, outOfMemory, type ToChild } from './messages.ts';
import { residentBytes } from './resident.ts';

export interface IngestionLimits {
  /** Resident bytes of the child with all that it starts. */
  memory: number;
  /** Milliseconds that the child may work; waiting for `onChunks` does not count. */
  time: number;
}

const defaultLimits: IngestionLimits = { memory: 1024 ** 3, time: 5 * 60_000 };

export interface IngestionOptions {
  limits?: IngestionLimits;
  /** Variables for Tesseract, e.g. `TESSDATA_PREFIX`; the child gets no others. */
  env?: Record<string, string>;
  /** Where Node keeps compiled code, so that the next child begins sooner; where this process does unless told. */
  cacheFolder?: string;
  /** Where pictures of scans go for a while; the system's folder for such things unless told. */
  scratchFolder?: string;
  /** Ends the child; the outcome is then `cancelled`. */
  signal?: AbortSignal;
  /** Called with the child's process id, which is its group's too. */
  onSpawn?: (pid: number) => void;
  onProgress?: (progress: PageProgress) => void;
  /**
   * Takes chunks in their order, some dozens at a time; the child waits until it resolves. What was taken of a PDF that
   * fails in the end must not be kept.
   */
  onChunks: (chunks: Chunk[]) => void | Promise<void>;
}

export type IngestionFailure = 'no-text' | 'memory' | 'time' | 'crash' | 'cancelled';

export type IngestionOutcome =
  /** `faults`: what could not be read, where legacy goes on with the rest; for the log. */
  | { status: 'done'; chunks: number; faults: string[] }
  /** `error` is what people are told, whatever the cause; `reason` is for the log. */
  | { status: 'failed'; error: typeof failedText; cause: IngestionFailure; reason: string };

/** Legacy's words. */
export const failedText = 'Failed to extract any text from PDF';

/** How often the child's memory is looked at. */
const lookEvery = 50;
/** What is kept of what a child prints. */
const lastWords = 4000;

/**
 * Never throws for what a PDF does. The text is the same as legacy's, chunk by chunk.
 * @throws whatever `onChunks` or `onProgress` throws; the child is ended then
 */
export async function ingestPdf(
  request: IngestionRequest,
  options: IngestionOptions,
): Promise<IngestionOutcome> {
  if (options.signal?.aborted) return failed('cancelled', 'cancelled before it began');
  const folder = await mkdtemp(join(options.scratchFolder ?? tmpdir(), 'ingestion-'));
  try {
    return await supervise(request, { limits: defaultLimits, ...options }, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failed(cause: IngestionFailure, reason: string): IngestionOutcome {
  return { status: 'failed', error: failedText, cause, reason };
}

async function supervise(
  request: IngestionRequest,
  options: IngestionOptions & { limits: IngestionLimits },
  folder: string,
): Promise<IngestionOutcome> {
  const { memory } = options.limits;
  const cacheFolder = options.cacheFolder ?? process.env.NODE_COMPILE_CACHE;
  const child = fork(join(import.meta.dirname, 'main.ts'), [], {
    // Half for the parser's own memory, a quarter for JavaScript; the rest is Node itself.
    execArgv: [`--max-old-space-size=${Math.floor(memory / 4 / 1024 ** 2)}`],
    env: {
      ...options.env,
      ...(cacheFolder && { NODE_COMPILE_CACHE: cacheFolder }),
      LANG: 'C.UTF-8',
      TMPDIR: folder,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  });
  const end = new End(child);
  if (child.pid) options.onSpawn?.(child.pid);
  let outcome: IngestionOutcome | undefined;
  const stop = (cause: IngestionFailure, reason: string) => {
    outcome ??= failed(cause, reason);
    end.kill();
  };
  const stopwatch = new Stopwatch(options.limits.time, () =>
    stop('time', `it took more than ${options.limits.time / 1000} s`),
  );
  const abort = () => stop('cancelled', 'cancelled');
  options.signal?.addEventListener('abort', abort, { once: true });
  const look = setInterval(() => {
    void residentBytes(child.pid ?? 0).then((bytes) => {
      if (bytes > memory) stop('memory', `it took ${Math.round(bytes / 1024 ** 2)} MB`);
    });
  }, lookEvery);

  let thrown: { error: unknown } | undefined;
  child.on('message', (message: FromChild) => {
    receive(message).catch((error: unknown) => {
      thrown ??= { error };
      end.kill();
    });
  });
  const receive = async (message: FromChild) => {
    if (outcome || thrown) return;
    if (message.kind === 'progress') options.onProgress?.(message.progress);
    else if (message.kind === 'chunks') {
      stopwatch.pause();
      await options.onChunks(message.chunks);
      if (outcome) return;
      stopwatch.resume();
      tell(child, { kind: 'taken' });
    } else
      outcome = message.chunks
        ? { status: 'done', chunks: message.chunks, faults: message.faults }
        : failed('no-text', message.faults.join('; ') || 'there is no text in it');
  };
  tell(child, { kind: 'start', orders: { ...request, folder, wasmMemory: Math.floor(memory / 2) } });

  const how = await end.reached;
  clearInterval(look);
  stopwatch.pause();
  options.signal?.removeEventListener('abort', abort);
  if (thrown) throw thrown.error;
  return outcome ?? how;
}

function tell(child: ChildProcess, message: ToChild): void {
  // A child that has ended is no error here: its end is what is reported.
  if (child.connected) child.send(message, () => {});
}

/** Watches how a child ends. */
class End {
  /** Resolves when it has, and all that it sent has arrived. */
  readonly reached: Promise<IngestionOutcome>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-lastWords);
    });
    const stopKilling = atExit(() => this.kill());
    this.reached = new Promise((resolve) => {
      child.once('error', (error) => resolve(failed('crash', error.message)));
      child.once('close', (code, signal) => {
        stopKilling();
        this.kill();
        if (code === outOfMemory || /heap out of memory|Array buffer allocation failed/.test(words))
          resolve(failed('memory', 'it asked for more memory than it may have'));
        else resolve(failed('crash', `it ended with ${signal ?? `code ${code}`}: ${words.trim()}`));
      });
    });
  }

  /** Ends the child and all that it started. */
  kill(): void {
    try {
      if (this.#child.pid) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group has ended already.
    }
  }
}

/** Calls back once it has run for so long; paused time does not count. */
class Stopwatch {
  #left: number;
  #started = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #over: () => void;

  constructor(milliseconds: number, over: () => void) {
    this.#left = milliseconds;
    this.#over = over;
    this.resume();
  }

  pause(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#left -= performance.now() - this.#started;
  }

  resume(): void {
    this.#started = performance.now();
    this.#timer = setTimeout(this.#over, Math.max(0, this.#left));
  }
}
