/**
 * Fresh copies of the legacy app, started in a fraction of a second: one Python process imports what the app imports and
 * forks for each copy. `legacy/app.py` itself runs as it is; a copy has a process, a folder and a clock of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Copy {
  url: string;
  pid: number;
  /** Kills it; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface CopyOptions {
  /** Its working directory, which exists. */
  folder: string;
  env: Record<string, string>;
  /** How long one of its threads runs where others wait, in seconds; Python's own unless told. */
  switchInterval?: number;
}

export interface Forks {
  /** @throws Error with the last lines that it printed when it ends, or is silent for a minute, before it listens */
  start(options: CopyOptions): Promise<Copy>;
  /** Kills every copy that is left. */
  close(): Promise<void>;
}

interface Told {
  of: number;
  pid?: number;
  line?: string;
  ended?: string;
}

const PATIENCE = 60_000;

/** @param app the application's file, which prints where it listens as Flask does */
export function startForks(python: string, app: string): Forks {
  const child = spawn(python, [join(import.meta.dirname, 'forks.py'), ...importsOf(app)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', LANG: 'C.UTF-8' },
    // A group of its own: Ctrl-C in the terminal reaches this process alone, which then stops it in order.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const listeners = new Map<number, (told: Told) => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const told = JSON.parse(text) as Told;
    listeners.get(told.of)?.(told);
  });
  child.once('error', () => {});
  child.stdin.on('error', () => {});
  void gone.then(() => {
    for (const [of, tell] of listeners) tell({ of, ended: 'the process that forks it' });
  });
  let last = 0;
  return {
    start: (options) => startCopy(child, listeners, last++, { ...options, app }),
    async close() {
      child.stdin.end();
      await gone;
    },
  };
}

function startCopy(
  child: ChildProcess,
  listeners: Map<number, (told: Told) => void>,
  of: number,
  { app, folder, env, switchInterval }: CopyOptions & { app: string },
): Promise<Copy> {
  const say = (command: object) => child.stdin?.write(`${JSON.stringify(command)}\n`);
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    let pid = 0;
    let ended = () => {};
    const over = new Promise<void>((done) => {
      ended = done;
    });
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(
        new Error(`The legacy app did not start: ${why}.\n${lines.map((line) => `  | ${line}`).join('\n')}`),
      );
    };
    const stop = () => {
      say({ stop: of });
      return over;
    };
    const timer = setTimeout(() => {
      fail(`it was silent for ${PATIENCE / 1000} s`);
      void stop();
    }, PATIENCE);
    listeners.set(of, (told) => {
      pid = told.pid ?? pid;
      if (told.line !== undefined) lines.push(told.line);
      if (lines.length > 20) lines.shift();
      const port = /Running on http:\/\/[^:]+:(\d+)/.exec(told.line ?? '')?.[1];
      if (port) {
        clearTimeout(timer);
        resolve({ url: `http://127.0.0.1:${port}`, pid, stop });
      }
      if (told.ended === undefined) return;
      listeners.delete(of);
      ended();
      fail(`it ended with ${told.ended}`);
    });
    if (child.exitCode !== null || child.signalCode !== null) fail('the process that forks it has ended');
    else say({ start: of, app, folder, env, switchInterval });
  });
}

/** The modules that a Python file imports at its top level, so that they can be imported before it runs. */
function importsOf(app: string): string[] {
  const names = [...readFileSync(app, 'utf8').matchAll(/^\s*(?:import|from)\s+([\w.]+)/gm)].map(
    ([, name = '']) => name,
  );
  return [...new Set([...names, 'werkzeug.serving', 'werkzeug.debug'])];
}
