/** One process with the model in it, seen from outside. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { atExit } from '../../at-exit.ts';
import type { FromChild, ToChild } from './child/messages.ts';

export interface EmbeddingLimits {
  /** Resident bytes, after a text, at which a child is replaced. */
  memory: number;
  /** Milliseconds for one text. */
  time: number;
  /** Milliseconds until the model is loaded. */
  start: number;
}

/** What becomes of a text. Never an exception: it is the owner of the child who decides what to do. */
export type ChildAnswer =
  | { kind: 'vector'; vector: Float32Array }
  | { kind: 'failed'; reason: string }
  /** The child has ended, or was ended: `time` where the text took too long. */
  | { kind: 'ended'; cause: 'crash' | 'time'; reason: string };

/** What is kept of what a child prints. */
const lastWords = 2000;

export class EmbeddingChild {
  /** Undefined once the model is loaded, else why it never will be. */
  readonly started: Promise<string | undefined>;
  /** Resolves with what is known of its end. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #limits: EmbeddingLimits;
  #waiting: ((answer: ChildAnswer) => void) | undefined;
  #usable = true;

  constructor(modelFolder: string, limits: EmbeddingLimits) {
    this.#limits = limits;
    const child = fork(join(import.meta.dirname, 'child/main.ts'), [modelFolder], {
      // For JavaScript; the model's own memory is not in it.
      execArgv: [`--max-old-space-size=${Math.max(64, Math.floor(limits.memory / 4 / 1024 ** 2))}`],
      env: { LANG: 'C.UTF-8' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      // A group of its own: Ctrl-C at a terminal must not end it while answers are still being given.
      detached: true,
    });
    this.#child = child;
    this.ended = this.#watchEnd();
    this.started = this.#watchStart();
    child.on('message', (message: FromChild) => this.#receive(message));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether another text may be given to it. */
  get usable(): boolean {
    return this.#usable;
  }

  /** One text at a time. */
  async embed(text: string): Promise<ChildAnswer> {
    const answer = new Promise<ChildAnswer>((resolve) => {
      this.#waiting = resolve;
    });
    const { time } = this.#limits;
    const timer = setTimeout(() => {
      this.#answer({ kind: 'ended', cause: 'time', reason: `it took more than ${time / 1000} s` });
      this.end();
    }, time);
    this.#child.send({ text } satisfies ToChild, () => {});
    void this.ended.then((reason) => this.#answer({ kind: 'ended', cause: 'crash', reason }));
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#usable = false;
    this.#child.kill('SIGKILL');
  }

  #receive(message: FromChild): void {
    if (message.kind === 'ready') return;
    // What it has taken it does not give back; the text it was given is answered.
    if (message.kind === 'vector' && message.resident > this.#limits.memory) this.end();
    this.#answer(message);
  }

  #answer(answer: ChildAnswer): void {
    this.#waiting?.(answer);
    this.#waiting = undefined;
  }

  #watchStart(): Promise<string | undefined> {
    const { start } = this.#limits;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(`it was not ready after ${start / 1000} s`);
        this.end();
      }, start);
      this.#child.once('message', () => resolve(undefined));
      void this.ended.then(resolve);
      const clear = () => clearTimeout(timer);
      this.#child.once('message', clear);
      void this.ended.then(clear);
    });
  }

  #watchEnd(): Promise<string> {
    const child = this.#child;
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-lastWords);
    });
    const stopKilling = atExit(() => child.kill('SIGKILL'));
    return new Promise((resolve) => {
      const over = (reason: string) => {
        stopKilling();
        this.#usable = false;
        resolve(reason);
      };
      child.once('error', (error) => over(error.message));
      child.once('close', (code, signal) =>
        over(`it ended with ${signal ?? `code ${code}`}${words && `: ${words.trim()}`}`),
      );
    });
  }
}
